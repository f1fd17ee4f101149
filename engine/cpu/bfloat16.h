#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>
#include <cstring>

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

// The same for sixteen at once.
template <int64_t C, int64_t N>
E2LM_INLINE inline Lanes<C, N> nearest_bfloat16(Lanes<C, N> x) {
  return each(
      [](auto value) E2LM_INLINE {
        typename Lanes<N, N>::Ints bits;
        std::memcpy(&bits, &value, sizeof bits);
        const auto number = value == value;  // all ones where it is one
        const auto quiet = (bits | 0x00400000) & ~number;
        bits &= number;  // the largest NaN has no integer above it
        const auto rounded = bits + 0x7FFF + ((bits >> 16) & 1);
        bits = (rounded | quiet) & ~0xFFFF;
        std::memcpy(&value, &bits, sizeof bits);
        return value;
      },
      x);
}

template <int64_t C, int64_t N>
E2LM_INLINE inline void store_bfloat16(uint16_t* to, Lanes<C, N> x) {
  if constexpr (C == N) {
    typename Lanes<N, N>::Ints bits;
    const auto value = nearest_bfloat16(x).value;
    std::memcpy(&bits, &value, sizeof bits);
    const auto upper = __builtin_convertvector(bits >> 16, typename Lanes<N, N>::Shorts);
    std::memcpy(to, &upper, sizeof upper);
  } else {
    store_bfloat16(to, x.low);
    store_bfloat16(to + C / 2, x.high);
  }
}

// Sixteen pairs, of a number of `low` and that at the same place of `high`.
template <int64_t C, int64_t N>
E2LM_INLINE inline void store_pairs(uint16_t* to, Lanes<C, N> low, Lanes<C, N> high) {
  if constexpr (C == N) {
    typename Lanes<N, N>::Ints first, second;
    const auto a = nearest_bfloat16(low).value, b = nearest_bfloat16(high).value;
    std::memcpy(&first, &a, sizeof first);
    std::memcpy(&second, &b, sizeof second);
    first = ((first >> 16) & 0xFFFF) | second;
    std::memcpy(to, &first, sizeof first);
  } else {
    store_pairs(to, low.low, high.low);
    store_pairs(to + C, low.high, high.high);
  }
}

// The first `count` of x.
template <class Floats>
E2LM_INLINE inline void store_bfloat16(uint16_t* to, Floats x, int64_t count) {
  if (count == kLanes) return store_bfloat16(to, x);
  uint16_t lanes[kLanes];
  store_bfloat16(lanes, x);
  for (int64_t i = 0; i < count; ++i) to[i] = lanes[i];
}

template <class Floats>
E2LM_INLINE inline void round_row(const float* row, int64_t count, uint16_t* to) {
  for (int64_t i = 0; i < count; i += kLanes) {
    const int64_t lanes = std::min(kLanes, count - i);
    store_bfloat16(to + i, load<Floats>(row + i, lanes), lanes);
  }
}

// Whether all are finite once they are rounded.
template <class Floats>
E2LM_INLINE inline bool finite_rounded(const float* row, int64_t count) {
  Floats zeros = {};
  for (int64_t i = 0; i < count; i += kLanes) {
    zeros = zeros + nearest_bfloat16(load<Floats>(row + i, std::min(kLanes, count - i))) * 0.0F;
  }
  return sum(zeros) == 0.0F;
}

}  // namespace e2lm::cpu
