#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/json.h"
#include "scoring/metrics/group.h"
#include "scoring/metrics/item.h"

namespace e2lm {

// A run of lm-evaluation-harness that answered with a fixed fake model: what the model said of each
// document, and what the harness made of it. Files of a run, as the folder's README tells them:
//   expected/RUN.requests.jsonl  the model's answers
//   expected/RUN.samples.jsonl   each document's target and metric values
//   expected/RUN.results.json    the aggregates
//   tasks/                       the task files, for delimiters and groups
struct GoldenTask {
  std::string name;
  std::string filter;
  std::vector<Item> items;
  std::vector<Json> metrics;  // expected of each item: metric → value
};

struct GoldenGroup {
  std::string name;
  std::vector<std::string> leaves;
  std::vector<GroupRule> rules;
};

struct GoldenRun {
  std::string name;
  int64_t draws = 0;
  std::vector<GoldenTask> tasks;
  std::vector<GoldenGroup> groups;  // those that aggregate
  Json results;                     // task or group → "metric,filter" → value
};

// The names of all runs that did not end in an error, sorted.
std::vector<std::string> golden_runs(const Path& folder);

GoldenRun read_golden_run(const Path& folder, const std::string& name);

}  // namespace e2lm
