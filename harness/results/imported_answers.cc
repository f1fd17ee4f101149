#include "harness/results/imported_answers.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "base/error.h"
#include "harness/import/import_tables.h"
#include "harness/import/imported_results.h"
#include "harness/lm_eval/sample_reader.h"
#include "reports/report.h"
#include "scoring/items/item_analysis.h"

namespace e2lm {
namespace {

constexpr std::string_view kBesideSwept = " (imported)";

std::string without_suffix(std::string name) {
  if (name.ends_with(kBesideSwept)) name.resize(name.size() - kBesideSwept.size());
  return name;
}

bool knows_lengths(const ItemsRow& row) {
  return std::any_of(row.metrics.begin(), row.metrics.end(), [](const std::string& name) {
    const Metric* metric = find_metric(name.substr(0, name.find(',')));
    return metric && lm_eval::needs_lengths(*metric);
  });
}

// Metrics that the documents were imported without.
std::vector<std::string> absent_from(const ItemsRow& row) {
  std::vector<std::string> absent;
  for (const Metric& metric : metrics()) {
    const bool there = std::any_of(
        row.metrics.begin(), row.metrics.end(),
        [&](const std::string& name) { return name.substr(0, name.find(',')) == metric.name; });
    if (!there) absent.emplace_back(metric.name);
  }
  return absent;
}

bool same_questions(const ImportedItems& a, const ImportedItems& b) {
  return a.ids == b.ids && std::equal(a.items.begin(), a.items.end(), b.items.begin(),
                                      [](const Item& one, const Item& other) {
                                        return one.choices.size() == other.choices.size();
                                      });
}

std::vector<ItemsRow> rows_of(const Store& store, const std::string& series) {
  std::vector<ItemsRow> rows = list_import_items(store);
  std::erase_if(rows, [&](const ItemsRow& row) { return row.series != series; });
  return rows;
}

int64_t step_of(const std::string& series, const std::string& step,
                const std::vector<ItemsRow>& rows) {
  std::set<int64_t> steps;
  for (const ItemsRow& row : rows) steps.insert(row.step);
  if (step.empty()) return *steps.rbegin();
  for (const int64_t known : steps) {
    if (std::to_string(known) == step) return known;
  }
  throw Error(series, fmt::format("has no samples of step {}", step),
              fmt::format("{}", fmt::join(steps, ", ")));
}

}  // namespace

std::optional<Answers> imported_answers(const Store& store, const std::string& checkpoint) {
  if (!has_imports(store)) return {};
  std::string series = without_suffix(checkpoint), step;
  std::vector<ItemsRow> rows = rows_of(store, series);
  const size_t at = checkpoint.rfind('@');
  if (rows.empty() && at != std::string::npos) {
    series = without_suffix(checkpoint.substr(0, at));
    step = checkpoint.substr(at + 1);
    rows = rows_of(store, series);
  }
  if (rows.empty()) return {};
  const int64_t number = step_of(series, step, rows);
  Answers answers{.name = fmt::format("{}@{}", series, number)};
  for (const ItemsRow& row : rows) {
    if (row.step != number) continue;
    ImportedItems read = read_import_items(store, row);
    answers.tasks.push_back({.task = row.task,
                             .doc_ids = {read.ids.begin(), read.ids.end()},
                             .items = std::move(read.items),
                             .lengths = knows_lengths(row),
                             .others = absent_from(row)});
  }
  return answers;
}

std::optional<ChoiceVotes> imported_late_votes(const Store& store, std::span<const ItemsRow> rows,
                                               const std::string& task) {
  std::map<std::string, std::map<int64_t, const ItemsRow*>> series;  // by step
  std::optional<ImportedItems> first;
  for (const ItemsRow& row : rows) {
    if (row.task != task) continue;
    if (!first) first = read_import_items(store, row);
    series[row.series][row.step] = &row;
  }
  if (!first || first->items.front().type != OutputType::multiple_choice) return {};
  ChoiceVotes votes;
  for (const auto& [name, checkpoints] : series) {
    int64_t place = 0;
    for (const auto& [step, row] : checkpoints) {
      if (!is_late(place++, std::ssize(checkpoints))) continue;
      const ImportedItems read = read_import_items(store, *row);
      if (same_questions(read, *first)) votes.add(read.items);
    }
  }
  return votes.checkpoints() > 0 ? std::optional(std::move(votes)) : std::nullopt;
}

TaskCurves imported_item_values(const Store& store, const std::string& task, const Metric& metric) {
  Report report;
  add_imported_results(store, report);
  std::vector<std::string> there;
  for (TaskCurves& curves : report.curves) {
    const bool any = std::any_of(curves.series.begin(), curves.series.end(),
                                 [](const SeriesCurve& series) { return !series.items.empty(); });
    if (!any) continue;
    if (curves.task == task && curves.metric == metric.name) return std::move(curves);
    there.push_back(fmt::format("{} by {}", curves.task, curves.metric));
  }
  throw Error(task, fmt::format("no single documents by {} were imported", metric.name),
              there.empty() ? "samples_TASK_TIME.jsonl files among what is imported"
                            : fmt::format("{}", fmt::join(there, ", ")));
}

}  // namespace e2lm
