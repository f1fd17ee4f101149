#pragma once

#include <map>
#include <string>
#include <vector>

#include "engine/engine.h"
#include "harness/results/task_scores.h"
#include "tasks/library.h"

namespace e2lm {

// One checkpoint scored on a selection of tasks, without a store.
struct RunOptions {
  Path model;      // checkpoint folder
  Path tokenizer;  // tokenizer.json or its folder
  TokenRules tokens;
  bool open_with_bos = false;  // special tokens put BOS in front even if the template has none
  int64_t max_positions = 0;   // 0: the model's own
  EngineOptions engine;
  RequestOptions requests;
  std::map<std::string, std::vector<int64_t>> samples;  // by task: these documents only
  Bootstrap bootstrap;
  bool quiet = false;
};

struct TaskOutcome {
  const Task* task = nullptr;        // of the selection
  TaskRequests requests;             // with documents
  std::vector<RequestScore> scores;  // of the requests in order, windows of rolling ones joined
  TaskScores values;
  int64_t cut =
      0;  // requests longer than the model's positions, of which the beginning was left out
};

struct GroupOutcome {
  const Group* group = nullptr;  // of the selection
  std::vector<NamedScore> values;
  int64_t items = 0;  // documents of all its tasks
};

struct RunOutcome {
  std::vector<TaskOutcome> tasks;
  std::vector<GroupOutcome> groups;  // outer ones before those within them
  int64_t max_positions = 0;         // of a request in tokens; 0: not known here
  std::string dtype;                 // of matrix products; empty: not known here
};

// Throws Error if anything is wrong with model, tokenizer or tasks, or a request does not fit.
RunOutcome run_tasks(const TaskSelection& selection, const RunOptions& options);

// The scores of a task's requests, windows of rolling ones joined, and how many were cut.
struct ScoredRequests {
  std::vector<RequestScore> scores;
  int64_t cut = 0;
};

// The same with scores from elsewhere.
RunOutcome run_tasks(const TaskSelection& selection, const RunOptions& options,
                     const std::function<ScoredRequests(const TaskRequests&)>& score);

}  // namespace e2lm
