#pragma once

#include <optional>
#include <string>
#include <vector>

#include "harness/submission/submission.h"
#include "harness/submission/task_files.h"
#include "scoring/metrics/metric.h"

namespace e2lm::submission {

// The task that a submission is about, ready to ask: one, or the members of a group. Each has the
// submission's metric and no other, and its data within the submission or among the named data
// sets.
struct SubmittedTask {
  std::string name;
  std::vector<Task> members;
  bool is_group = false;
  bool weight_by_size = true;  // of a group: every document counts the same, else every member
  const Metric* metric = nullptr;
};

// Finds and checks it. Whatever keeps it from being run goes to `verdict`: a name or metric there
// is not, Python that the task needs, files of the original that it needs and the submission has
// not, paths that lead out of the submission.
std::optional<SubmittedTask> find_task(const Submission& submission, const NativeMetrics& native,
                                       Verdict& verdict);

}  // namespace e2lm::submission
