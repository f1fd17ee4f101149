#include "harness/import/imported_results.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "harness/import/disagreements.h"
#include "harness/import/import_tables.h"
#include "harness/import/imported_items.h"
#include "harness/import/score_number.h"

namespace e2lm {
namespace {

using Steps = std::set<int64_t>;

// "1000, 2000 and 60 more"
std::string list_steps(const Steps& steps) {
  constexpr size_t kMost = 10;
  std::vector<int64_t> first(steps.begin(), steps.end());
  if (first.size() <= kMost) return fmt::format("{}", fmt::join(first, ", "));
  first.resize(kMost);
  return fmt::format("{} and {} more", fmt::join(first, ", "), steps.size() - kMost);
}

class Curves {
 public:
  Curves(const Store& store, Report& report)
      : store_(store), report_(report), rows_(read_import_scores(store)), items_(store) {}

  void add() {
    name_series();
    index_rows();
    for (const std::string& task : tasks_) {
      for (const std::string& metric : metrics_[task]) add_task(task, metric);
    }
    align_series();
    for (const ImportedSeries& series : series_) add_cells(series);
    add_missing_tokens();
    add_missing_controls();
    for (Finding& finding : disagreements(rows_)) {
      finding.series = shown_name(finding.series);
      report_.findings.push_back(std::move(finding));
    }
    for (const Finding& finding : items_.findings()) report_.findings.push_back(finding);
    if (!report_.settings.empty()) report_.settings += "; ";
    const int64_t files = count_import_files(store_);
    report_.settings += fmt::format("imported from {} file{}", files, files == 1 ? "" : "s");
  }

 private:
  struct Cell {
    std::map<std::string, const ScoreRow*> by_metric;
  };
  struct SeriesRows {
    std::map<int64_t, double> tokens;  // by step; 0 where nobody knows
    std::map<std::string, std::map<int64_t, Cell>> tasks;
  };

  void name_series() {
    std::set<std::string> taken;
    for (const TaskCurves& task : report_.curves) {
      for (const SeriesCurve& series : task.series) taken.insert(series.series);
    }
    for (const ImportedSeries& series : read_import_series(store_)) {
      series_.push_back(series);
      const bool twice = taken.contains(series.name);
      shown_[series.name] = twice ? series.name + " (imported)" : series.name;
    }
  }

  void index_rows() {
    for (const ScoreRow& row : rows_) {
      SeriesRows& series = by_series_[row.series];
      double& tokens = series.tokens[row.step];
      if (tokens == 0) tokens = row.tokens.value_or(0);
      auto& chance = chances_[{row.score.task, row.score.metric}];
      if (!chance) chance = row.score.chance;
      series.tasks[row.score.task][row.step].by_metric[row.score.metric] = &row;
      const auto [metrics, is_new] = metrics_.try_emplace(row.score.task);
      if (is_new) tasks_.push_back(row.score.task);
      const auto known =
          std::find(metrics->second.begin(), metrics->second.end(), row.score.metric);
      if (known == metrics->second.end()) metrics->second.push_back(row.score.metric);
    }
    // Series all of whose scores other files replaced are no more.
    std::erase_if(series_, [this](const ImportedSeries& series) {
      return !by_series_.contains(series.name);
    });
  }

  // Where the report has this task's curves by this metric; made next to the task's others.
  TaskCurves& curves_of(const std::string& task, const std::string& metric) {
    auto place = report_.curves.end();
    for (auto at = report_.curves.begin(); at != report_.curves.end(); ++at) {
      if (at->task != task) continue;
      if (at->metric == metric) return *at;
      place = at + 1;
    }
    return *report_.curves.insert(place, TaskCurves{.task = task, .metric = metric});
  }

  void add_task(const std::string& task, const std::string& metric) {
    TaskCurves& curves = curves_of(task, metric);
    const bool is_new = curves.series.empty();
    if (is_new) curves.higher_is_better = higher_is_better(task, metric);
    if (!curves.chance) curves.chance = chances_[{task, metric}];
    for (const ImportedSeries& series : series_) {
      SeriesCurve curve{.series = shown_.at(series.name),
                        .group = series.group,
                        .mix = series.mix,
                        .control_for = shown_name(series.control_for)};
      const auto cells = by_series_.at(series.name).tasks.find(task);
      if (cells != by_series_.at(series.name).tasks.end()) {
        add_points(series.name, metric, cells->second, is_new, curves, curve);
        curve.items = items_.values(series.name, task, metric, curve.curve);
        keep_common_items(curves, curve);
      }
      curves.series.push_back(std::move(curve));
    }
    if (!curves.chance) curves.chance = items_.chance(task, metric);
  }

  // Series of one task are compared document by document, so a sweep's must be the same.
  void keep_common_items(TaskCurves& curves, SeriesCurve& curve) {
    if (curve.items.empty()) return;
    const std::vector<int32_t> documents = items_.documents(curves.task);
    for (const SeriesCurve& other : curves.series) {
      if (other.items.empty()) continue;
      const int64_t here = curve.items.items(), there = other.items.items();
      if (here == there && documents == curves.documents) continue;
      const std::string what =
          here == there
              ? fmt::format("has other documents than {}", other.series)
              : fmt::format("has {} documents where {} has {}", here, other.series, there);
      report_.findings.push_back({.kind = "missing",
                                  .series = curve.series,
                                  .task = curves.task,
                                  .metric = curves.metric,
                                  .step = {},
                                  .text = what + ", so nothing is said item by item"});
      curve.items = {};
      return;
    }
    curves.documents = documents;
  }

  std::string shown_name(const std::string& series) const {
    const auto found = shown_.find(series);
    return found == shown_.end() ? series : found->second;
  }

  void add_points(const std::string& series, const std::string& metric,
                  const std::map<int64_t, Cell>& cells, bool describe, TaskCurves& curves,
                  SeriesCurve& curve) {
    Steps without;
    for (const auto& [step, cell] : cells) {
      const auto found = cell.by_metric.find(metric);
      if (found == cell.by_metric.end()) {
        without.insert(step);
        continue;
      }
      const ImportedScore& score = found->second->score;
      // Where no file said it, the name did: what differs from that was said, and counts.
      if (describe && score.higher_is_better != higher_is_better(score.task, metric)) {
        curves.higher_is_better = score.higher_is_better.value_or(true);
      }
      if (!score.value) {
        add_no_number(series, step, score);
        continue;
      }
      curve.curve.push_back({.step = step,
                             .tokens = by_series_.at(series).tokens.at(step),
                             .value = *score.value,
                             .standard_error = score.standard_error});
    }
    const bool elsewhere = without.size() < cells.size();
    if (elsewhere && !without.empty()) add_missing(series, curves.task, metric, without);
  }

  void add_no_number(const std::string& series, int64_t step, const ImportedScore& score) {
    const bool missing = score.instead == "null" || score.instead == "nothing" ||
                         score.instead.starts_with("N/") || score.instead == "NA";
    report_.findings.push_back({.kind = missing ? "missing" : "not finite",
                                .series = shown_.at(series),
                                .task = score.task,
                                .metric = score.metric,
                                .step = step,
                                .text = fmt::format("{} gives {} instead of a number, so the "
                                                    "checkpoint has no score",
                                                    score.where, score.instead)});
  }

  void add_missing(const std::string& series, const std::string& task, const std::string& metric,
                   const Steps& steps) {
    Finding finding{.kind = "missing", .series = shown_.at(series), .task = task, .metric = metric};
    finding.text = fmt::format("no result at {} of {} checkpoints: step {}", steps.size(),
                               by_series_.at(series).tokens.size(), list_steps(steps));
    if (steps.size() == 1) finding.step = *steps.begin();
    report_.findings.push_back(std::move(finding));
  }

  // Tables have a column for each series: every task gets all of them, without points if need be.
  void align_series() {
    std::vector<SeriesCurve> all;
    std::set<std::string> seen;
    for (const TaskCurves& task : report_.curves) {
      for (const SeriesCurve& series : task.series) {
        if (!seen.insert(series.series).second) continue;
        all.push_back({series.series, series.group, series.mix, series.control_for, {}, {}});
      }
    }
    for (TaskCurves& task : report_.curves) {
      std::vector<SeriesCurve> aligned = all;
      for (SeriesCurve& series : task.series) {
        const auto place =
            std::find_if(aligned.begin(), aligned.end(),
                         [&](const SeriesCurve& other) { return other.series == series.series; });
        *place = std::move(series);
      }
      task.series = std::move(aligned);
    }
  }

  // A row for each checkpoint and task of a series, and findings for those that are not there.
  void add_cells(const ImportedSeries& series) {
    const SeriesRows& rows = by_series_.at(series.name);
    for (const std::string& task : tasks_) {
      const auto cells = rows.tasks.find(task);
      if (cells == rows.tasks.end()) continue;
      Steps without;
      for (const auto& [step, tokens] : rows.tokens) {
        ReportCell cell{.series = shown_.at(series.name),
                        .step = step,
                        .tokens = tokens,
                        .task = task,
                        .state = "missing"};
        const auto found = cells->second.find(step);
        if (found == cells->second.end()) {
          without.insert(step);
        } else {
          cell.state = "done";
          cell.documents = found->second.by_metric.begin()->second->score.samples.value_or(0);
        }
        report_.cells.push_back(std::move(cell));
      }
      if (!without.empty()) add_missing(series.name, task, "", without);
    }
  }

  void add_missing_tokens() {
    for (const ImportedSeries& series : series_) {
      const auto& tokens = by_series_.at(series.name).tokens;
      const auto unknown = std::count_if(tokens.begin(), tokens.end(), [](const auto& entry) {
        return entry.first > 0 && entry.second == 0;
      });
      if (unknown == 0) continue;
      report_.findings.push_back(
          {.kind = "missing",
           .series = shown_.at(series.name),
           .text = fmt::format("tokens are not known at {} of {} checkpoints and stand as 0; "
                               "`e2lm import --tokens` says them",
                               unknown, tokens.size())});
    }
  }

  // A web series is compared with a science series that is there.
  void add_missing_controls() {
    for (const ImportedSeries& series : series_) {
      const std::string& control = series.control_for;
      if (control.empty() || by_series_.contains(control)) continue;
      report_.findings.push_back(
          {.kind = "missing",
           .series = shown_.at(series.name),
           .text = fmt::format("is a control for '{}', which is no imported series", control)});
    }
  }

  const Store& store_;
  Report& report_;
  std::vector<ScoreRow> rows_;
  ImportedItemValues items_;
  std::vector<ImportedSeries> series_;
  std::map<std::string, std::string> shown_;  // a series' name in the report
  std::map<std::string, SeriesRows> by_series_;
  std::vector<std::string> tasks_;
  std::map<std::string, std::vector<std::string>> metrics_;                       // by task
  std::map<std::pair<std::string, std::string>, std::optional<double>> chances_;  // and metric
};

}  // namespace

void add_imported_results(const Store& store, Report& report) {
  Curves(store, report).add();
}

ScoringRules imported_rules(const Store& store) {
  const std::vector<ImportedSeries> all = read_import_series(store);
  const bool competition = std::all_of(all.begin(), all.end(), [](const ImportedSeries& series) {
    return e2lm_group(series.name).has_value();
  });
  ScoringRules rules;
  if (competition) {
    rules.early = {.max_tokens = 206e9, .step_multiple = 4000};
    rules.late = {.min_tokens = 206e9, .max_tokens = 1000e9};
  }
  return rules;
}

}  // namespace e2lm
