#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "base/output_type.h"

namespace e2lm {

// What scoring needs to know of a document besides its log-likelihoods.
struct ItemShape {
  struct Choice {
    int32_t characters = 0;  // of the choice text, without the delimiter before it
    int32_t bytes = 0;
  };

  OutputType type = OutputType::multiple_choice;
  // Numbers of the right choices: one, or any number where the task has several targets. kNoGold
  // where the data name none of the choices; one below 0 counts from the end, as in the original.
  std::vector<int32_t> golds;
  std::vector<Choice> choices;   // one request each, consecutive
  bool several_golds = false;    // any of them is right
  bool unconditional = false;    // as many requests follow, of the choices after nothing
  int64_t words = 0, bytes = 0;  // of a rolling request's text
  int32_t windows = 1;  // pieces it was scored in, each of at most the model's positions; 0: blank

  static constexpr int32_t kNoGold = -100;
};

// The lengths of a choice's text. REQUIRES: valid UTF-8.
ItemShape::Choice measure_choice(std::string_view text);

// Stretches of white space and one more: so the original counts words, for word perplexity.
// REQUIRES: valid UTF-8.
int64_t count_words(std::string_view text);

}  // namespace e2lm
