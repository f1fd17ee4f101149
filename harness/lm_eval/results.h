#pragma once

#include <string>

#include "harness/run.h"

// Results in lm-evaluation-harness's own layout, for scripts that read its files.

namespace e2lm::lm_eval {

// results, groups, group_subtasks, versions, n-shot, higher_is_better, n-samples: what the
// original's simple_evaluate() returns of them.
Json results_json(const RunOutcome& outcome);

// The tables that the original prints: the tasks, and below them the groups if there are any.
std::string results_table(const Json& results);

// One document of a task under one filter, a line of a samples file. Hashes are the original's:
// SHA-256 of the document as indented JSON, of its first request's context, of the target's text.
std::vector<Json> sample_lines(const TaskOutcome& task);

// SHA-256 over a task's samples, as in `task_hashes`.
std::string task_hash(const std::vector<Json>& samples);

}  // namespace e2lm::lm_eval
