#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "base/text.h"
#include "harness/import/exact_sum.h"
#include "harness/import/import_tables.h"
#include "harness/import/imported_results.h"

namespace e2lm {
namespace {

struct Members {
  std::string metric;
  std::vector<const TaskCurves*> tasks;
};

std::vector<Members> members_of(const Report& report, const std::string& glob) {
  std::vector<Members> all;
  for (const TaskCurves& task : report.curves) {
    if (!matches_glob(task.task, glob)) continue;
    auto found = std::find_if(all.begin(), all.end(), [&](const Members& members) {
      return members.metric == task.metric;
    });
    if (found == all.end()) found = all.insert(all.end(), {.metric = task.metric, .tasks = {}});
    found->tasks.push_back(&task);
  }
  return all;
}

double mean(const std::vector<double>& values) {
  return exact_sum(values) / static_cast<double>(values.size());
}

// Of points of different tasks, whose errors are independent.
CurvePoint mean_point(const std::vector<const CurvePoint*>& points) {
  CurvePoint result{.step = points.front()->step, .tokens = points.front()->tokens};
  std::vector<double> values, variances;
  for (const CurvePoint* point : points) {
    values.push_back(point->value);
    if (point->standard_error) {
      variances.push_back(*point->standard_error * *point->standard_error);
    }
  }
  result.value = mean(values);
  if (variances.size() == points.size()) {
    result.standard_error = std::sqrt(exact_sum(variances)) / static_cast<double>(points.size());
  }
  return result;
}

// The mean of one series, whose place is the same in every task.
Curve mean_curve(const Members& members, size_t series) {
  std::map<int64_t, std::vector<const CurvePoint*>> points;
  for (const TaskCurves* task : members.tasks) {
    for (const CurvePoint& point : task->series[series].curve) points[point.step].push_back(&point);
  }
  Curve curve;
  for (const auto& [step, of_tasks] : points) {
    if (of_tasks.size() == members.tasks.size()) curve.push_back(mean_point(of_tasks));
  }
  return curve;
}

std::optional<double> mean_chance(const Members& members) {
  std::vector<double> levels;
  for (const TaskCurves* task : members.tasks) {
    if (!task->chance) return {};
    levels.push_back(*task->chance);
  }
  return mean(levels);
}

TaskCurves mean_task(const std::string& name, const Members& members) {
  const TaskCurves& first = *members.tasks.front();
  TaskCurves result{.task = name,
                    .metric = members.metric,
                    .chance = mean_chance(members),
                    .series = {},
                    .higher_is_better = first.higher_is_better};
  for (size_t s = 0; s < first.series.size(); ++s) {
    const SeriesCurve& series = first.series[s];
    result.series.push_back({.series = series.series,
                             .group = series.group,
                             .mix = series.mix,
                             .control_for = series.control_for,
                             .curve = mean_curve(members, s),
                             .items = {}});
  }
  return result;
}

}  // namespace

void add_task_means(const Store& store, Report& report) {
  std::vector<TaskCurves> means;
  for (const MeanRow& row : read_import_means(store)) {
    // An import refuses this; a sweep may have brought the task since.
    const bool taken = std::any_of(report.curves.begin(), report.curves.end(),
                                   [&](const auto& task) { return task.task == row.name; });
    if (taken) {
      report.findings.push_back({.kind = "missing",
                                 .task = row.name,
                                 .text = fmt::format("is a task, so the mean of '{}' that was to "
                                                     "have this name is not there",
                                                     row.glob)});
      continue;
    }
    const std::vector<Members> all = members_of(report, row.glob);
    if (all.empty()) {
      report.findings.push_back({.kind = "missing",
                                 .task = row.name,
                                 .text = fmt::format("is the mean of '{}', which no task's name "
                                                     "fits",
                                                     row.glob)});
    }
    for (const Members& members : all) means.push_back(mean_task(row.name, members));
  }
  for (TaskCurves& task : means) report.curves.push_back(std::move(task));
}

}  // namespace e2lm
