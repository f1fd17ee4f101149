#include "engine/request.h"

#include <numeric>

namespace e2lm {

double TokenScores::total_nats() const {
  return std::accumulate(logprobs_nats.begin(), logprobs_nats.end(), 0.0);
}

int TokenScores::greedy_tokens() const {
  return std::accumulate(greedy.begin(), greedy.end(), 0);
}

}  // namespace e2lm
