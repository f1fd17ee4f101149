#pragma once

#include <functional>
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
  std::map<std::string, int64_t> shots;                 // by task: in place of the requests' number
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

// That in two steps. First everything that can be wrong: the tasks' requests, without scores. Then
// these, and the values of tasks and groups; again for another model's scores.
RunOutcome make_run(const TaskSelection& selection, const RunOptions& options);
void score_run(RunOutcome& outcome, const TaskSelection& selection, const Bootstrap& bootstrap,
               const std::function<ScoredRequests(const TaskRequests&)>& score);

// The windows of each rolling request as one score; `windows` by request.
std::vector<RequestScore> join_windows(const std::vector<RequestScore>& scores,
                                       const std::vector<int32_t>& windows);

}  // namespace e2lm
