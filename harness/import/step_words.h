#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace e2lm {

// A training step as people write it into names: step1000, step_1000, iter_0004000, iteration-5,
// global_step12, checkpoint-500, ckpt_7; and what may follow it, as in step1000-tokens4B.
struct StepWord {
  int64_t step = 0;
  std::optional<double> tokens;
  size_t first = 0, last = 0;  // where it stands in the text
};

// The last one in a text.
std::optional<StepWord> find_step(std::string_view text);

// The text without it and the separator before it: "base-deep_step80" → "base-deep".
std::string without_step(std::string_view text);

// "4B" → 4e9, "4.2b" → 4.2e9; none if it is no such number.
std::optional<double> scaled_tokens(std::string_view text);

}  // namespace e2lm
