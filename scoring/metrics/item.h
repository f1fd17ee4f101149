#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/output_type.h"

namespace e2lm {

// One answer of an item as a model sees it; of a rolling item its text.
struct Choice {
  double logprob_nats = 0;                   // log-likelihood of the continuation given the context
  int32_t tokens = 0;                        // scored tokens
  int32_t characters = 0;                    // of the choice text, without the delimiter before it
  int32_t bytes = 0;                         // the same in UTF-8
  bool greedy = false;                       // every token was the model's first choice
  int32_t words = 0;                         // of a rolling text: runs of white space + 1
  std::optional<double> unconditional_nats;  // without the context, where that was asked for
};

// The gold of a document whose answer is none of its choices.
inline constexpr int32_t kNoGold = -100;

// A document with its scores. REQUIRES: at least one choice; exactly one where the type is not
// multiple_choice.
//
// `gold` lists the right choices, by index: one, or several where any of them counts. It is kept as
// the task gives it: an index beyond the choices counts as kNoGold, and a negative one is nobody's
// prediction.
struct Item {
  std::vector<int32_t> gold;
  std::vector<Choice> choices;
  OutputType type = OutputType::multiple_choice;
};

}  // namespace e2lm
