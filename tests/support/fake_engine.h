#pragma once

#include <functional>

#include "engine/engine.h"

namespace e2lm {

// An engine without a model: a token's log-probability is a fixed function of the token alone, so
// that results can be foretold and orchestration tested in no time.
class FakeEngine final : public Engine {
 public:
  // Called before each request is handed out; may throw.
  std::function<void(int64_t requests_so_far)> before_request;
  int64_t positions = 1000;
  double times = 1;  // NaN: a model with damaged weights

  static double logprob(int32_t token) { return -0.25 * (1 + token % 7); }

  EngineStats score(const PrefixTree& tree, const Sink& sink) override {
    int64_t done = 0;
    for (const int32_t request : tree.order()) {
      if (before_request) before_request(done++);
      TokenScores scores;
      for (const int64_t target : tree.request_targets(request)) {
        scores.logprobs_nats.push_back(times * logprob(tree.targets()[target]));
        scores.greedy.push_back(tree.targets()[target] % 7 == 0);
      }
      sink(request, std::move(scores));
    }
    return {.rows = tree.rows()};
  }

  int64_t working_bytes(const PrefixTree&) const override { return 0; }
  int64_t vocabulary() const override { return 1 << 20; }
  int64_t max_positions() const override { return positions; }
};

}  // namespace e2lm
