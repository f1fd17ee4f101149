#include "harness/run.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.h"
#include "base/progress.h"
#include "engine/checkpoint.h"

namespace e2lm {
namespace {

Tokenizer read_tokenizer(const RunOptions& options) {
  Tokenizer tokenizer = Tokenizer::read(options.tokenizer);
  if (options.open_with_bos && !tokenizer.open_with_bos()) {
    throw Error(
        options.tokenizer.string(),
        "has no BOS for add_bos_token=True: its template puts no token before a text",
        "a bos_token in tokenizer_config.json or special_tokens_map.json, or add_bos_token=False");
  }
  return tokenizer;
}

class ModelScorer {
 public:
  explicit ModelScorer(const RunOptions& options)
      : options_(options),
        checkpoint_(Checkpoint::open(options.model)),
        tokenizer_(read_tokenizer(options)),
        engine_(Engine::open(checkpoint_, options.engine)) {}

  int64_t max_positions() const {
    return options_.max_positions > 0 ? options_.max_positions : engine_->max_positions();
  }

  std::string dtype() const {
    return std::string(
        precision_name(choose_precision(options_.engine, checkpoint_.stored_dtype())));
  }

  ScoredRequests score(const TaskRequests& task) {
    const PreparedTask prepared = prepare_task(task, tokenizer_, max_positions(), options_.tokens,
                                               threads_of(options_.engine));
    check_lengths(prepared, std::min(max_positions(), engine_->max_positions()));
    std::vector<RequestScore> scores(prepared.requests.size());
    Progress progress("requests", std::ssize(scores), options_.quiet);
    progress.at(task.task);
    engine_->score(prepared.tree, [&](int32_t request, const TokenScores& tokens) {
      scores[request] = {tokens.total_nats(), static_cast<int32_t>(tokens.logprobs_nats.size()),
                         tokens.greedy_tokens()};
      progress.advance(1);
    });
    return {join_windows(scores, prepared.windows), prepared.cut};
  }

 private:
  const RunOptions& options_;
  Checkpoint checkpoint_;
  Tokenizer tokenizer_;
  std::unique_ptr<Engine> engine_;
};

// Of a task that is not run, or misspelt, they would be passed over, and all documents scored.
void check_samples(const TaskSelection& selection, const RunOptions& options) {
  std::vector<std::string> known;
  for (const Task& task : selection.tasks) known.push_back(task.name);
  for (const auto& [name, documents] : options.samples) {
    if (std::find(known.begin(), known.end(), name) != known.end()) continue;
    throw Error("--samples", fmt::format("'{}' is no task of this run", name),
                fmt::format("{}", fmt::join(known, ", ")));
  }
}

// Outer groups first, each once.
void add_groups(const std::string& name, const TaskSelection& selection,
                std::vector<const Group*>& groups) {
  for (const Group& group : selection.groups) {
    if (group.name != name) continue;
    if (std::find(groups.begin(), groups.end(), &group) != groups.end()) return;
    groups.push_back(&group);
    for (const std::string& child : group.children) add_groups(child, selection, groups);
  }
}

}  // namespace

std::vector<RequestScore> join_windows(const std::vector<RequestScore>& scores,
                                       const std::vector<int32_t>& windows) {
  std::vector<RequestScore> joined;
  size_t next = 0;
  for (const int32_t count : windows) {
    RequestScore sum;
    for (int32_t window = 0; window < count; ++window) {
      const RequestScore& part = scores.at(next++);
      sum.nats += part.nats;
      sum.tokens += part.tokens;
      sum.greedy_tokens += part.greedy_tokens;
    }
    joined.push_back(sum);
  }
  return joined;
}

RunOutcome run_tasks(const TaskSelection& selection, const RunOptions& options) {
  ModelScorer scorer(options);
  RunOutcome outcome =
      run_tasks(selection, options, [&](const TaskRequests& task) { return scorer.score(task); });
  outcome.max_positions = scorer.max_positions();
  outcome.dtype = scorer.dtype();
  return outcome;
}

RunOutcome run_tasks(const TaskSelection& selection, const RunOptions& options,
                     const std::function<ScoredRequests(const TaskRequests&)>& score) {
  RunOutcome outcome = make_run(selection, options);
  score_run(outcome, selection, options.bootstrap, score);
  return outcome;
}

RunOutcome make_run(const TaskSelection& selection, const RunOptions& options) {
  RunOutcome outcome;
  check_samples(selection, options);
  for (const Task& task : selection.tasks) {
    metrics_of(task);
    RequestOptions requests = options.requests;
    requests.as_original = requests.keep_documents = true;
    const auto samples = options.samples.find(task.name);
    if (samples != options.samples.end()) requests.samples = samples->second;
    const auto shots = options.shots.find(task.name);
    if (shots != options.shots.end()) requests.num_fewshot = shots->second;
    outcome.tasks.push_back({.task = &task, .requests = make_requests(task, requests)});
  }
  return outcome;
}

void score_run(RunOutcome& outcome, const TaskSelection& selection, const Bootstrap& bootstrap,
               const std::function<ScoredRequests(const TaskRequests&)>& score) {
  outcome.groups.clear();
  std::vector<TaskScores> values;
  for (TaskOutcome& task : outcome.tasks) {
    ScoredRequests scored = score(task.requests);
    task.scores = std::move(scored.scores);
    task.cut = scored.cut;
    task.values = score_task(*task.task, task.requests, task.scores, bootstrap);
    values.push_back(task.values);
  }
  std::vector<const Group*> groups;
  for (const std::string& name : selection.top) add_groups(name, selection, groups);
  for (const Group* group : groups) {
    GroupOutcome result{.group = group, .values = score_group(*group, selection, values)};
    for (const std::string& leaf : leaves_of(*group, selection)) {
      for (const TaskScores& task : values) result.items += task.task == leaf ? task.items : 0;
    }
    outcome.groups.push_back(std::move(result));
  }
}

}  // namespace e2lm
