#pragma once

#include <cstdint>
#include <vector>

namespace e2lm {

// Token ids of a context and its continuation, in one run. The tokens from `first_scored` on are
// scored, each given everything before it.
//
// REQUIRES: 1 <= first_scored < ids.size(); the first token of a text has nothing before it.
struct TokenRequest {
  std::vector<int32_t> ids;
  int32_t first_scored = 1;
};

// What the engine says of one request: per scored token the natural log-probability and whether
// the token was the arg-max of the vocabulary (the first one, where several are equal).
struct TokenScores {
  std::vector<double> logprobs_nats;
  std::vector<uint8_t> greedy;

  double total_nats() const;
  int greedy_tokens() const;
};

}  // namespace e2lm
