#pragma once

#include <optional>
#include <vector>

#include "scoring/judgement/judged_task.h"
#include "scoring/judgement/sanity.h"

namespace e2lm {

// Whether the mean of the last three checkpoints is above chance by more than three standard
// errors; absent without a chance level, checkpoints or their errors. Checkpoints of a series
// answer the same items, so these do not average out.
std::optional<bool> ends_above_chance(const Curve& curve, std::optional<double> chance);

// What is odd about a task's curves, series by series:
//   not finite, duplicate step   what was left out
//   outlier          a checkpoint apart from its neighbours (scoring/curves/outliers.h)
//   constant         the same score at every early checkpoint
//   few checkpoints  too few on the early grid for signal quality
//   at chance        not above chance at the end of the early phase
//   unequal grids    other early checkpoints than other series of its group have
//   missing          fewer late checkpoints than other series of its group have
std::vector<Finding> check_task(const JudgedTask& task, const ScoringRules& rules);

}  // namespace e2lm
