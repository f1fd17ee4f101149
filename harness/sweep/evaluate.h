#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "engine/engine.h"
#include "engine/tokenizer/tokenizer.h"
#include "harness/interrupted.h"
#include "harness/manifest/token_rules.h"
#include "harness/store/store.h"
#include "tasks/requests.h"

namespace e2lm {

// A task's requests as tokens under one tokenizer, with their prefix tree: all that a cell needs
// besides weights, made once and used for every checkpoint.
struct PreparedTask {
  std::string name;
  std::vector<TokenRequest> requests;  // one per text request, in order; a rolling one has several
  std::vector<int32_t> doc_ids;        // the document of each
  std::vector<int32_t> windows;        // by text request: how many token requests it became
  int64_t cut = 0;                     // requests of which only the last positions were kept
  PrefixTree tree;

  std::string sha256() const;  // of the token requests
};

// `max_positions` is the most inputs a window of a rolling request has, and a request that is cut.
// Throws Error naming the document if a continuation alone is too long to be cut.
PreparedTask prepare_task(const TaskRequests& task, const Tokenizer& tokenizer,
                          int64_t max_positions, const TokenRules& rules = {}, int threads = 1);

// Throws Error naming the document if a request has more inputs.
void check_lengths(const PreparedTask& task, int64_t max_positions);

struct EvaluateHooks {
  std::function<void(int64_t requests)> advance;  // requests scored since the last call
  std::function<bool()> stop;                     // asked after every block
};

// A cell was interrupted.
struct CellInterrupted : Interrupted {
  explicit CellInterrupted(int64_t kept) : rows(kept) {}
  int64_t rows;  // distinct prefixes of the requests that this call stored
};

// Scores what a cell still lacks and stores it block by block. Returns what the engine did.
// Throws Error if a request does not fit the model (the cell has failed), CellInterrupted on
// request.
EngineStats evaluate_cell(Store& store, int64_t cell, const PreparedTask& task, Engine& engine,
                          const EvaluateHooks& hooks);

// Log-likelihood and scored tokens of a request, as a finished cell has them.
struct RequestScore {
  double nats = 0;
  int32_t tokens = 0;
  int32_t greedy_tokens = 0;
};

// The scores of a finished cell in request order. Throws Error if a block is missing or damaged.
std::vector<RequestScore> read_scores(const Store& store, int64_t cell,
                                      const std::vector<int32_t>& finish_order);

}  // namespace e2lm
