#pragma once

#include <cstdint>
#include <vector>

namespace e2lm {

// One answer of an item as a model sees it.
struct Choice {
  double logprob_nats = 0;  // log-likelihood of the continuation given the context
  int32_t tokens = 0;       // scored tokens
  int32_t characters = 0;   // of the choice text, without the delimiter before it
  int32_t bytes = 0;        // the same in UTF-8
};

// A multiple-choice question with its scores. REQUIRES: 0 <= gold < choices.size().
struct Item {
  int32_t gold = 0;
  std::vector<Choice> choices;
};

}  // namespace e2lm
