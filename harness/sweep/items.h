#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "harness/sweep/evaluate.h"
#include "scoring/metrics/item.h"
#include "scoring/metrics/metric.h"
#include "tasks/requests.h"

// Where tasks and scores meet: tasks/ knows documents, scoring/ knows numbers.

namespace e2lm {

// A task's documents with their scores. Scores stand in the order of the task's requests, those of
// a rolling one window by window. REQUIRES: as many scores as the shapes ask for.
std::vector<Item> items_of(std::span<const ItemShape> shapes,
                           const std::vector<RequestScore>& scores);

// A metric that a task reports, and how its values come to one number.
struct TaskMetric {
  const Metric* metric = nullptr;
  const Aggregation* aggregation = nullptr;  // null: a metric for sample files only
  bool higher_is_better = true;
};

// The metrics that a task lists, or those of its output type. Throws Error that lists, with lines,
// every one that is unknown or does not fit the task.
std::vector<TaskMetric> metrics_of(const Task& task);

// How a store names a task's metric, and back: "acc", or "acc:lower" ("brier:higher") where the
// task says otherwise than the metric itself which way is better. Throws Error at `where` if this
// version does not have the metric.
std::string stored_name(const TaskMetric& metric);
TaskMetric metric_stored_as(std::string_view name, const std::string& where);

// Which way a metric of a task is better, where the task's metrics are stored under these names.
bool is_higher_better(const Metric& metric, const std::vector<std::string>& stored);

}  // namespace e2lm
