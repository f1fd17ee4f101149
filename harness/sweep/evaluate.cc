#include "harness/sweep/evaluate.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/error.h"
#include "base/hash.h"
#include "base/parallel.h"
#include "engine/tokenizer/pair.h"
#include "engine/tokenizer/rolling.h"

namespace e2lm {
namespace {

// Requests that are committed together: small enough that a killed run loses little, large enough
// that the store costs nothing beside the engine.
constexpr int64_t kBlockRequests = 256;

// Collects scores in finishing order and commits every full block.
class BlockWriter {
 public:
  BlockWriter(Store& store, int64_t cell, const PrefixTree& tree, std::vector<int64_t> places,
              const EvaluateHooks& hooks)
      : store_(store), cell_(cell), tree_(tree), places_(std::move(places)), hooks_(hooks) {}

  // A request of the tree, in its finishing order.
  void add(int32_t request, const TokenScores& scores) {
    if (block_.nats.empty()) block_.first = places_[next_];
    block_.nats.push_back(scores.total_nats());
    block_.counts.push_back(static_cast<int32_t>(scores.logprobs_nats.size()));
    block_.counts.push_back(scores.greedy_tokens());
    ++next_;
    const bool last = next_ == std::ssize(places_);
    if (last || places_[next_] / kBlockRequests != block_.first / kBlockRequests) {
      commit(tree_.last_row(request) + 1);
    }
  }

 private:
  // `rows` are all that the requests so far needed.
  void commit(int64_t rows) {
    store_.add_block(cell_, block_);
    if (hooks_.advance) hooks_.advance(std::ssize(block_.nats));
    block_ = {};
    if (hooks_.stop && hooks_.stop()) throw CellInterrupted(rows);
  }

  Store& store_;
  int64_t cell_;
  const PrefixTree& tree_;       // of the requests to come
  std::vector<int64_t> places_;  // theirs in the finishing order of the cell
  const EvaluateHooks& hooks_;
  int64_t next_ = 0;
  Store::Block block_;
};

// Places in the finishing order that no stored block covers.
std::vector<int64_t> places_left(const Store& store, int64_t cell, int64_t requests) {
  std::vector<uint8_t> done(requests, 0);
  for (const Store::Block& block : store.blocks(cell)) {
    for (int64_t i = 0; i < std::ssize(block.nats); ++i) done.at(block.first + i) = 1;
  }
  std::vector<int64_t> places;
  for (int64_t place = 0; place < requests; ++place) {
    if (!done[place]) places.push_back(place);
  }
  return places;
}

// Keeps the last `max_positions` inputs of a request, as lm-evaluation-harness does; says whether
// it was longer. The last token is scored and no input.
bool cut_context(TokenPair& pair, int64_t max_positions, const std::string& task, int32_t doc_id) {
  const int64_t scored = std::ssize(pair.continuation);
  const int64_t surplus = std::ssize(pair.context) + scored - 1 - max_positions;
  if (surplus <= 0) return false;
  if (surplus >= std::ssize(pair.context)) {
    throw Error(fmt::format("task {}", task),
                fmt::format("a continuation of document {} has {} tokens", doc_id, scored),
                fmt::format("at most the model's {} positions", max_positions));
  }
  pair.context.erase(pair.context.begin(), pair.context.begin() + surplus);
  return true;
}

TokenRequest joined(const TokenPair& pair) {
  TokenRequest tokens;
  tokens.ids.reserve(pair.context.size() + pair.continuation.size());
  tokens.ids = pair.context;
  tokens.ids.insert(tokens.ids.end(), pair.continuation.begin(), pair.continuation.end());
  tokens.first_scored = static_cast<int32_t>(pair.context.size());
  return tokens;
}

// What a text request became.
struct Encoded {
  std::vector<TokenRequest> requests;
  bool cut = false;
};

}  // namespace

void check_lengths(const PreparedTask& task, int64_t max_positions) {
  for (size_t r = 0; r < task.requests.size(); ++r) {
    const int64_t inputs = std::ssize(task.requests[r].ids) - 1;
    if (inputs <= max_positions) continue;
    throw Error(fmt::format("task {}", task.name),
                fmt::format("document {} makes an input of {} tokens", task.doc_ids[r], inputs),
                fmt::format("at most the model's {} positions", max_positions));
  }
}

std::string PreparedTask::sha256() const {
  Sha256 hash;
  for (const TokenRequest& request : requests) {
    hash.add_field(fmt::format("{}", request.first_scored));
    hash.add(std::as_bytes(std::span(request.ids)));
  }
  return hash.hex();
}

PreparedTask prepare_task(const TaskRequests& task, const Tokenizer& tokenizer,
                          int64_t max_positions, const TokenRules& rules, int threads) {
  constexpr int64_t kGrain = 64;  // requests; many more than a question has
  const int64_t count = std::ssize(task.requests);
  std::vector<Encoded> all(count);
  parallel_for(threads, count, kGrain, [&](int64_t first, int64_t last) {
    PairEncoder encoder(tokenizer, rules.special, rules.joining);
    for (int64_t r = first; r < last; ++r) {
      const Request& request = task.requests[r];
      if (request.rolling) {
        for (const TokenPair& window :
             rolling_windows(tokenizer, request.continuation, max_positions, rules.special)) {
          all[r].requests.push_back(joined(window));
        }
        continue;
      }
      TokenPair pair = encoder.encode(request.context, request.continuation);
      if (rules.too_long == TokenRules::TooLong::cut) {
        all[r].cut = cut_context(pair, max_positions, task.task, request.doc_id);
      }
      all[r].requests.push_back(joined(pair));
    }
  });
  PreparedTask prepared{.name = task.task};
  for (int64_t r = 0; r < count; ++r) {
    for (TokenRequest& request : all[r].requests) {
      prepared.requests.push_back(std::move(request));
      prepared.doc_ids.push_back(task.requests[r].doc_id);
    }
    prepared.windows.push_back(static_cast<int32_t>(all[r].requests.size()));
    prepared.cut += all[r].cut;
  }
  prepared.tree = PrefixTree::build(prepared.requests);
  return prepared;
}

EngineStats evaluate_cell(Store& store, int64_t cell, const PreparedTask& task, Engine& engine,
                          const EvaluateHooks& hooks) {
  check_lengths(task, engine.max_positions());
  const int64_t requests = task.tree.requests();
  std::vector<int64_t> places = places_left(store, cell, requests);
  if (places.empty()) return {};
  const bool fresh = std::ssize(places) == requests;
  PrefixTree rest;
  if (!fresh) {
    // Taken in finishing order, so that they finish in the same order again.
    std::vector<TokenRequest> left;
    for (const int64_t place : places) left.push_back(task.requests[task.tree.order()[place]]);
    rest = PrefixTree::build(left);
  }
  const PrefixTree& tree = fresh ? task.tree : rest;
  BlockWriter writer(store, cell, tree, std::move(places), hooks);
  return engine.score(
      tree, [&writer](int32_t request, const TokenScores& scores) { writer.add(request, scores); });
}

std::vector<RequestScore> read_scores(const Store& store, int64_t cell,
                                      const std::vector<int32_t>& finish_order) {
  std::vector<RequestScore> scores(finish_order.size());
  int64_t next = 0;
  for (const Store::Block& block : store.blocks(cell)) {
    if (block.first != next || next + std::ssize(block.nats) > std::ssize(scores)) break;
    for (size_t i = 0; i < block.nats.size(); ++i, ++next) {
      scores[finish_order[next]] = {block.nats[i], block.counts[2 * i], block.counts[2 * i + 1]};
    }
  }
  if (next != std::ssize(scores)) {
    throw StoreError(store.database().path().string(),
                     fmt::format("cell {} lacks the block from request {}", cell, next));
  }
  return scores;
}

}  // namespace e2lm
