#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "scoring/metrics/aggregation.h"

namespace e2lm {

// A value as lm-evaluation-harness keys it: "metric,filter".
struct NamedScore {
  std::string metric;
  std::string filter = "none";
  Score score;
};

// What a task came to.
struct TaskScores {
  std::string task;
  int64_t items = 0;  // documents scored: the task's weight
  std::vector<NamedScore> scores;
};

// One entry of a group's aggregate_metric_list.
struct GroupRule {
  std::string metric;
  std::optional<std::vector<std::string>> filters;  // none: all that the members have, sorted
  bool weight_by_size = true;
};

// The members' values as one: their mean weighted by `items`, with the pooled standard error
//   sqrt(sum of (n - 1) se^2 n / (sum of n - k) / sum of n)
// or, unweighted, their plain mean, with the standard error sqrt(sum of se^2) / k. There is none
// unless every member has one. Score::items is the sum of the members'. REQUIRES: a member.
Score combine(std::span<const Score> members, bool weight_by_size);

// A group's values over its leaf tasks (of nested groups too; in order). A task that lacks a value
// does not count for it; a rule whose value no task has gives none.
std::vector<NamedScore> score_group(std::span<const GroupRule> rules,
                                    std::span<const TaskScores> leaves);

}  // namespace e2lm
