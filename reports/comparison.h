#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/json.h"
#include "reports/table.h"
#include "scoring/items/paired.h"

namespace e2lm {

// Two models compared task by task, as values.
struct Comparison {
  struct Task {
    std::string task;
    bool turned = false;  // whether the task says the other direction of the metric is better
    PairedComparison result;
    std::optional<double> adjusted_p;  // of result.p(), over the tasks
  };

  std::string a, b;  // what they are called
  std::string metric;
  bool higher_is_better = true;  // where a task is not turned
  PairedRules rules;
  std::vector<Task> tasks;
  std::vector<std::string> left_out;  // tasks and why, in words
};

// "B better", "no difference shown", "same on every item", ..
std::string verdict(const Comparison& comparison, const Comparison::Task& task);

// What people read: task, items, A, B, difference (B - A) with its interval, p-values, the smallest
// detectable difference, the verdict.
Table comparison_table(const Comparison& comparison);
std::string comparison_text(const Comparison& comparison);
std::string comparison_markdown(const Comparison& comparison);

// Everything, at full precision: {"a", "b", "metric", .., "tasks": [..]}; a line per task.
Json comparison_json(const Comparison& comparison);
std::string comparison_csv(const Comparison& comparison);

}  // namespace e2lm
