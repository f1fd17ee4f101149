#pragma once

#include <algorithm>
#include <cstdint>

#include "engine/cpu/amx.h"
#include "engine/cpu/bfloat16.h"

namespace e2lm::cpu {

// The right-hand side [inputs, outputs]: strips of 16 outputs, and in a strip pairs of inputs, the
// two of an output beside each other.
struct AmxPairs {
  uint16_t* data = nullptr;
  int64_t inputs = 0;  // a multiple of 32

  static int64_t numbers(int64_t inputs, int64_t outputs) {
    return round_up(inputs, kAmxInputs) * round_up(outputs, kAmxRows);
  }
  uint16_t* strip(int64_t output) const { return data + output / kAmxRows * inputs * kAmxRows; }
  // Where the outputs of a strip have input `input`: theirs is every second number from here on.
  uint16_t* at(int64_t input, int64_t output) const {
    return strip(output) + input / 2 * kAmxInputs + output % kAmxRows * 2 + input % 2;
  }
  // The first `count` inputs of one output.
  void put_output(int64_t output, const uint16_t* numbers, int64_t count) const {
    uint16_t* column = at(0, output);
    for (int64_t i = 0; i < count; ++i) column[i / 2 * kAmxInputs + i % 2] = numbers[i];
  }
};

// `width` columns of the two rows of a pair of inputs, times their factors, if any. A null row is
// zero.
template <class Floats>
E2LM_INLINE inline void pair_rows(const float* const* rows, const float* factors, int64_t column,
                                  int64_t width, AmxPairs to, int64_t pair) {
  const float *low = rows[2 * pair], *high = rows[2 * pair + 1];
  for (int64_t p = 0; p < width; p += kLanes) {
    const int64_t lanes = std::min(kLanes, width - p);
    Floats a = low ? load<Floats>(low + column + p, lanes) : Floats{};
    Floats b = high ? load<Floats>(high + column + p, lanes) : Floats{};
    if (factors) a = a * factors[2 * pair], b = b * factors[2 * pair + 1];
    store_pairs(to.at(2 * pair, p), a, b);
  }
}

}  // namespace e2lm::cpu
