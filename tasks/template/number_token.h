#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace e2lm::jinja {

// The number that opens a text, as Jinja and Python write them: 12, 1_000, 0x1f, 0b11, 0o17, 1.5,
// 1e-7. A leading zero is a number of its own (007 is 00 and 7), so that 007 is no number.
struct NumberToken {
  size_t size = 0;  // bytes taken; 0 when no number opens the text
  bool is_real = false;
  bool is_too_large = false;  // an integer beyond 64 bits
  int64_t integer = 0;
  double real = 0;
};

enum class NumberStyle {
  integers,  // 1.5 is 1, a dot and 5
  jinja,     // a point stands between digits
  python,    // 1. and .5 are numbers too
};

NumberToken number_token(std::string_view text, NumberStyle style);

}  // namespace e2lm::jinja
