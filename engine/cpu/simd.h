#pragma once

#include <cstdint>
#include <cstring>

#include "engine/cpu/isa.h"

// Sixteen floats at a time, written in the compiler's portable vector type: the compiler lowers it
// to AVX-512, AVX2 or whatever the baseline has, as `dispatch` (isa.h) asks.
//
// Lanes are summed in one fixed order, so results do not depend on how work was divided. They may
// differ between instruction sets in the last bit (fused multiply-add).

namespace e2lm::cpu {

constexpr int64_t kLanes = 16;
using Floats = float __attribute__((vector_size(64)));
using Ints = int32_t __attribute__((vector_size(64)));

E2LM_INLINE inline Floats load(const float* from) {
  Floats values;
  std::memcpy(&values, from, sizeof values);
  return values;
}

E2LM_INLINE inline void store(float* to, Floats values) {
  std::memcpy(to, &values, sizeof values);
}

// The first `count` lanes, others zero. REQUIRES: 0 <= count <= kLanes.
E2LM_INLINE inline Floats load(const float* from, int64_t count) {
  if (count == kLanes) return load(from);
  Floats values = {};
  for (int64_t i = 0; i < count; ++i) values[i] = from[i];
  return values;
}

E2LM_INLINE inline void store(float* to, Floats values, int64_t count) {
  if (count == kLanes) return store(to, values);
  for (int64_t i = 0; i < count; ++i) to[i] = values[i];
}

E2LM_INLINE inline Floats splat(float value) {
  return Floats{} + value;
}

E2LM_INLINE inline Floats max(Floats a, Floats b) {
  return a > b ? a : b;
}
E2LM_INLINE inline Floats min(Floats a, Floats b) {
  return a < b ? a : b;
}

// Halves are folded onto each other: lane i with i + 8, then + 4, + 2, + 1.
E2LM_INLINE inline float sum(Floats v) {
  float lanes[kLanes];
  store(lanes, v);
  for (int64_t half = kLanes / 2; half > 0; half /= 2) {
    for (int64_t i = 0; i < half; ++i) lanes[i] += lanes[i + half];
  }
  return lanes[0];
}

E2LM_INLINE inline float largest(Floats v) {
  float lanes[kLanes];
  store(lanes, v);
  for (int64_t half = kLanes / 2; half > 0; half /= 2) {
    for (int64_t i = 0; i < half; ++i)
      lanes[i] = lanes[i] > lanes[i + half] ? lanes[i] : lanes[i + half];
  }
  return lanes[0];
}

// Σ a[i]·b[i]: lanes take every 16th product; the tail is a partial vector.
E2LM_INLINE inline float dot(const float* a, const float* b, int64_t count) {
  Floats total = {};
  int64_t i = 0;
  for (; i + kLanes <= count; i += kLanes) total += load(a + i) * load(b + i);
  if (i < count) total += load(a + i, count - i) * load(b + i, count - i);
  return sum(total);
}

// e^x within 2 ulp for x in [-87, 88], clamped outside. x = n·ln 2 + r with |r| <= ln 2 / 2, and a
// polynomial of degree 6 for e^r (coefficients of Moshier's Cephes library); 2^n goes straight
// into the exponent bits.
E2LM_INLINE inline Floats exp(Floats x) {
  x = min(max(x, splat(-87.0F)), splat(88.0F));
  const Floats rounder = splat(12582912.0F);  // 1.5·2^23: adding it leaves n in the low bits
  const Floats shifted = x * 1.44269504F + rounder;
  const Floats n = shifted - rounder;
  const Floats r = (x - n * 0.693359375F) + n * 2.12194440e-4F;
  Floats p = r * 1.9875691500e-4F + 1.3981999507e-3F;
  p = p * r + 8.3334519073e-3F;
  p = p * r + 4.1665795894e-2F;
  p = p * r + 1.6666665459e-1F;
  p = p * r + 5.0000001201e-1F;
  p = p * r * r + r + 1.0F;
  Ints exponent, bits;
  std::memcpy(&exponent, &shifted, sizeof exponent);
  std::memcpy(&bits, &p, sizeof bits);
  bits += exponent << 23;
  Floats result;
  std::memcpy(&result, &bits, sizeof result);
  return result;
}

E2LM_INLINE inline Floats silu(Floats x) {
  return x / (1.0F + exp(-x));
}

}  // namespace e2lm::cpu
