#pragma once

#include <bit>
#include <cstdint>

#include "engine/cpu/simd.h"

namespace e2lm::cpu {

// The bits of the bfloat16 nearest to a float32, ties to even, in the float's upper half; the lower
// half is zero. A NaN stays one.
E2LM_INLINE inline uint32_t nearest_bfloat16(float value) {
  const auto bits = std::bit_cast<uint32_t>(value);
  const uint32_t rounded = bits + 0x7FFFU + ((bits >> 16) & 1U);
  const uint32_t quiet = bits | 0x00400000U;
  return (value == value ? rounded : quiet) & 0xFFFF0000U;
}

// x rounded to bfloat16, as its own two bytes or as the float32 of the same value.
E2LM_INLINE inline void round_floats(const float* x, int64_t count, uint16_t* out) {
  for (int64_t i = 0; i < count; ++i) out[i] = static_cast<uint16_t>(nearest_bfloat16(x[i]) >> 16);
}

E2LM_INLINE inline void round_floats(const float* x, int64_t count, float* out) {
  for (int64_t i = 0; i < count; ++i) out[i] = std::bit_cast<float>(nearest_bfloat16(x[i]));
}

}  // namespace e2lm::cpu
