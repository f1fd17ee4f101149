#pragma once

#include <functional>
#include <map>
#include <string>

#include "harness/manifest/manifest.h"
#include "harness/submission/submitted_task.h"
#include "harness/sweep/sweep.h"
#include "reports/report.h"

namespace e2lm::submission {

// A submission's task over a series of checkpoints: one curve set, judged.
struct Scored {
  SweepSummary summary;
  Report report;                                          // of the one task by the one metric
  std::map<std::string, std::string> checkpoints_sha256;  // by series; see scores.cc
};

// The curves of a group's members as one. Weighted by size, every document counts the same and the
// items are those of all members one after another; otherwise a point is the plain mean of the
// members' and there are no items. Only steps that all members have. REQUIRES: a member, and the
// same series in each.
TaskCurves pool_curves(const std::string& name, std::span<const TaskCurves* const> members,
                       bool weight_by_size);

// Scores the task on every checkpoint of the manifest that the store lacks, whatever tasks the
// manifest names, and judges it by the manifest's rules after `adjust`. Throws as plan_sweep() and
// run_sweep() do.
Scored score_task(const SubmittedTask& task, const Manifest& manifest, Store& store,
                  const SweepOptions& options, const std::function<void(ScoringRules&)>& adjust);

// What a verdict says of it.
Json scores_json(const Scored& scored);

}  // namespace e2lm::submission
