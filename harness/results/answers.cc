#include "harness/results/answers.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <filesystem>
#include <map>

#include "base/error.h"
#include "base/text.h"
#include "harness/lm_eval/sample_reader.h"
#include "harness/sweep/items.h"
#include "scoring/metrics/statistic.h"
#include "scoring/statistics/false_discovery.h"

namespace e2lm {
namespace {

const Plan::SeriesRow* find_series(const Plan& plan, const std::string& name) {
  const auto found = std::find_if(plan.series.begin(), plan.series.end(),
                                  [&](const Plan::SeriesRow& row) { return row.name == name; });
  return found == plan.series.end() ? nullptr : &*found;
}

[[noreturn]] void unknown_series(const Plan& plan, const std::string& name) {
  std::vector<std::string> names;
  for (const Plan::SeriesRow& series : plan.series) names.push_back(series.name);
  const std::string near = nearest(name, names);
  throw Error(name, "is no series of this store, nor a file or folder",
              near.empty() ? fmt::format("{}", fmt::join(names, ", ")) : near);
}

const Plan::CheckpointRow& find_checkpoint(const Plan::SeriesRow& series, const std::string& step) {
  int64_t number = 0;
  const auto end = std::from_chars(step.data(), step.data() + step.size(), number);
  if (end.ec != std::errc() || end.ptr != step.data() + step.size()) {
    throw Error(series.name + "@" + step, fmt::format("'{}' is no step", step), "SERIES@STEP");
  }
  std::vector<int64_t> steps;
  for (const Plan::CheckpointRow& checkpoint : series.checkpoints) {
    if (checkpoint.ref.step == number) return checkpoint;
    steps.push_back(checkpoint.ref.step);
  }
  throw Error(series.name, fmt::format("has no step {}", number),
              fmt::format("{}", fmt::join(steps, ", ")));
}

bool wanted(const std::string& task, const std::vector<std::string>& patterns) {
  return patterns.empty() ||
         std::any_of(patterns.begin(), patterns.end(),
                     [&](const std::string& p) { return matches_glob(task, p); });
}

const TaskAnswers* find_task(const Answers& answers, const std::string& name) {
  const auto found = std::find_if(answers.tasks.begin(), answers.tasks.end(),
                                  [&](const TaskAnswers& task) { return task.task == name; });
  return found == answers.tasks.end() ? nullptr : &*found;
}

[[noreturn]] void not_the_same(const std::string& task, const std::string& what) {
  throw Error(task, "is not the same task on both sides: " + what, "answers to the same documents");
}

// The place in b of each document of a.
std::vector<size_t> match(const TaskAnswers& a, const TaskAnswers& b) {
  std::map<int64_t, size_t> places;
  for (size_t i = 0; i < b.doc_ids.size(); ++i) places[b.doc_ids[i]] = i;
  if (places.size() != b.doc_ids.size()) not_the_same(a.task, "B has a document twice");
  std::vector<size_t> order;
  for (size_t i = 0; i < a.doc_ids.size(); ++i) {
    const auto found = places.find(a.doc_ids[i]);
    const std::string document = fmt::format("document {}", a.doc_ids[i]);
    if (found == places.end()) not_the_same(a.task, document + " is only in A, or twice");
    const size_t j = found->second;
    places.erase(found);
    const bool hashed = !a.doc_hashes.empty() && !b.doc_hashes.empty();
    if (hashed && a.doc_hashes[i] != b.doc_hashes[j]) {
      not_the_same(a.task, document + " has another doc_hash");
    }
    if (a.items[i].gold != b.items[j].gold) not_the_same(a.task, document + " has another answer");
    if (a.items[i].choices.size() != b.items[j].choices.size()) {
      not_the_same(a.task, document + " has another number of choices");
    }
    order.push_back(j);
  }
  if (!places.empty()) {
    not_the_same(a.task, fmt::format("document {} is only in B", places.begin()->first));
  }
  return order;
}

std::vector<double> finite_values(const Metric& metric, const TaskAnswers& task,
                                  const std::string& model) {
  const std::string where = fmt::format("{}, {}", model, task.task);
  std::vector<double> values;
  try {
    values = numbers_of(item_values(metric, task.items));
  } catch (const Error& error) {
    throw Error(where, error.what());
  }
  for (size_t i = 0; i < values.size(); ++i) {
    if (std::isfinite(values[i])) continue;
    throw Error(where,
                fmt::format("{} of document {} is not finite", metric.name, task.doc_ids[i]));
  }
  return values;
}

// Why the metric cannot compare the task, or nothing.
std::string objection(const Metric& metric, const TaskAnswers& task) {
  if (task.items.empty()) return "has no documents";
  if (!metric.fits(task.items.front().type)) return fmt::format("has no {}", metric.name);
  if (!task.lengths && lm_eval::needs_lengths(metric)) {
    return fmt::format("its samples lack the lengths of the choices, which {} needs", metric.name);
  }
  if (std::find(task.others.begin(), task.others.end(), metric.name) != task.others.end()) {
    return fmt::format("its samples do not give {}, or record another by that name", metric.name);
  }
  return "";
}

void adjust(Comparison& comparison) {
  std::vector<std::optional<double>> p;
  for (const Comparison::Task& task : comparison.tasks) p.push_back(task.result.p());
  const auto adjusted = false_discovery(p);
  for (size_t i = 0; i < adjusted.size(); ++i) comparison.tasks[i].adjusted_p = adjusted[i];
}

Comparison::Task compare_task(const TaskAnswers& a, const TaskAnswers& b, const Comparison& models,
                              const Metric& metric) {
  const std::vector<size_t> order = match(a, b);
  const std::vector<double> of_a = finite_values(metric, a, models.a);
  const std::vector<double> of_b = finite_values(metric, b, models.b);
  std::vector<double> matched;
  for (const size_t place : order) matched.push_back(of_b[place]);
  const auto turns = [&](const TaskAnswers& task) {
    return is_higher_better(metric, task.metrics) != metric.higher_is_better;
  };
  return {.task = a.task,
          .turned = turns(a) || turns(b),
          .result = compare_pairs(of_a, matched, models.rules)};
}

// Why one side lacks a task of the other.
std::string absence(const Answers& side, const std::string& task, const char* lacks,
                    const char* has) {
  const bool planned =
      std::find(side.missing.begin(), side.missing.end(), task) != side.missing.end();
  return planned ? fmt::format("{} has no result", lacks) : fmt::format("only {} has it", has);
}

void check_wanted(const CompareOptions& options, const Answers& a, const Answers& b) {
  for (const std::string& pattern : options.tasks) {
    const bool there = std::any_of(a.tasks.begin(), a.tasks.end(), [&](const TaskAnswers& task) {
      return matches_glob(task.task, pattern) && find_task(b, task.task) != nullptr;
    });
    if (there) continue;
    std::vector<std::string> names;
    for (const TaskAnswers& task : a.tasks) names.push_back(task.task);
    throw Error("--tasks", fmt::format("'{}' is no task that both models have results of", pattern),
                fmt::format("{}", fmt::join(names, ", ")));
  }
}

}  // namespace

Answers answers_in_store(ItemLoader& loader, const std::string& checkpoint) {
  const Plan& plan = loader.plan();
  const Plan::SeriesRow* series = find_series(plan, checkpoint);
  const size_t at = checkpoint.rfind('@');
  std::string step;
  if (series == nullptr && at != std::string::npos) {
    series = find_series(plan, checkpoint.substr(0, at));
    step = checkpoint.substr(at + 1);
  }
  if (series == nullptr) unknown_series(plan, checkpoint.substr(0, at));
  if (series->checkpoints.empty()) throw Error(series->name, "has no checkpoints");
  const Plan::CheckpointRow& row = at == std::string::npos || step.empty()
                                       ? series->checkpoints.back()
                                       : find_checkpoint(*series, step);
  Answers answers{.name = fmt::format("{}@{}", series->name, row.ref.step)};
  if (!row.weights) throw Error(answers.name, "could not be read: " + row.error);
  for (const std::string& name : plan.task_names) {
    const Plan::TaskRow& task = plan.task(name, *series);
    auto items = loader.read(task, row);
    if (!items) {
      answers.missing.push_back(name);
      continue;
    }
    std::vector<int64_t> doc_ids(items->size());
    for (size_t i = 0; i < doc_ids.size(); ++i) doc_ids[i] = static_cast<int64_t>(i);
    answers.tasks.push_back({.task = name,
                             .doc_ids = std::move(doc_ids),
                             .items = std::move(*items),
                             .metrics = task.metrics});
  }
  return answers;
}

Answers answers_in_samples(const Path& path, const std::string& filter) {
  Answers answers{.name = path.string()};
  std::map<std::string, Path> known;
  for (const Path& file : lm_eval::list_samples_files(path)) {
    const lm_eval::SampleFile samples = lm_eval::read_samples(file, filter);
    TaskAnswers& task = answers.tasks.emplace_back();
    task.task = samples.task.empty() ? file.stem().string() : samples.task;
    const auto [other, is_new] = known.try_emplace(task.task, file);
    if (!is_new) {
      throw Error(path.string(), fmt::format("has two files of {}", task.task),
                  fmt::format("one of {} and {}", other->second.string(), file.string()));
    }
    task.items = samples.items();
    task.lengths = samples.lengths;
    for (const Metric& metric : metrics()) {
      if (lm_eval::compare_recorded(samples, metric, task.items).is_another()) {
        task.others.emplace_back(metric.name);
      }
    }
    bool hashed = true;
    for (const lm_eval::Sample& sample : samples.samples) {
      task.doc_ids.push_back(sample.doc_id);
      task.doc_hashes.push_back(sample.doc_hash);
      hashed = hashed && !sample.doc_hash.empty();
    }
    if (!hashed) task.doc_hashes.clear();
  }
  return answers;
}

Comparison compare_answers(const Answers& a, const Answers& b, const Metric& metric,
                           const CompareOptions& options) {
  check_wanted(options, a, b);
  Comparison comparison{.a = a.name,
                        .b = b.name,
                        .metric = std::string(metric.name),
                        .higher_is_better = metric.higher_is_better,
                        .rules = options.rules};
  for (const TaskAnswers& of_a : a.tasks) {
    if (!wanted(of_a.task, options.tasks)) continue;
    const TaskAnswers* of_b = find_task(b, of_a.task);
    std::string why = of_b == nullptr ? absence(b, of_a.task, "B", "A") : objection(metric, of_a);
    if (why.empty()) why = objection(metric, *of_b);
    if (!why.empty()) {
      comparison.left_out.push_back(fmt::format("{}: {}", of_a.task, why));
      continue;
    }
    comparison.tasks.push_back(compare_task(of_a, *of_b, comparison, metric));
  }
  for (const TaskAnswers& of_b : b.tasks) {
    if (!wanted(of_b.task, options.tasks) || find_task(a, of_b.task) != nullptr) continue;
    comparison.left_out.push_back(of_b.task + ": " + absence(a, of_b.task, "A", "B"));
  }
  if (comparison.tasks.empty()) {
    throw Error(
        fmt::format("{} and {}", a.name, b.name), "have no task to compare",
        comparison.left_out.empty() ? "results of the same tasks" : comparison.left_out.front());
  }
  adjust(comparison);
  return comparison;
}

}  // namespace e2lm
