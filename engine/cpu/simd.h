#pragma once

#include <cstdint>
#include <cstring>

#include "engine/cpu/isa.h"

// Sixteen floats at a time, in registers of the width an instruction set has. Kernels are templates
// on that type, written once:
//
//   dispatch(isa, [&]<class Floats>(Floats) E2LM_INLINE { kernel<Floats>(..); });
//
// What is specific to x86 is `dispatch` below and isa.cc; with the portable width the same code
// runs on any processor.
//
// Lanes are summed in one fixed order, so results do not depend on how work was divided. They may
// differ between instruction sets in the last bit (fused multiply-add).

#define E2LM_INLINE __attribute__((always_inline))

namespace e2lm::cpu {

constexpr int64_t kLanes = 16;

constexpr int64_t round_up(int64_t count, int64_t to) {
  return (count + to - 1) / to * to;
}

// kCount floats in registers of kNative.
template <int64_t kCount, int64_t kNative>
struct Lanes {
  Lanes<kCount / 2, kNative> low, high;
};

template <int64_t kNative>
struct Lanes<kNative, kNative> {
  // Not `using`: there GCC 12 drops an attribute that depends on a template parameter.
  typedef float Floats __attribute__((vector_size(kNative * sizeof(float))));
  typedef int32_t Ints __attribute__((vector_size(kNative * sizeof(int32_t))));
  typedef int16_t Shorts __attribute__((vector_size(kNative * sizeof(int16_t))));
  Floats value;
};

using Avx512Floats = Lanes<kLanes, 16>;
using Avx2Floats = Lanes<kLanes, 8>;
using PortableFloats = Lanes<kLanes, 4>;  // four floats are a register nearly everywhere

// How many Floats an inner loop can keep in registers as sums, half of the registers there are.
template <class Floats>
constexpr int kAccumulators = 2;
template <>
constexpr int kAccumulators<Avx2Floats> = 4;
template <>
constexpr int kAccumulators<Avx512Floats> = 16;

#if defined(__x86_64__)
template <typename Body>
__attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx2,fma"))) void run_avx512(
    const Body& body) {
  body(Avx512Floats{});
}
template <typename Body>
__attribute__((target("avx2,fma"))) void run_avx2(const Body& body) {
  body(Avx2Floats{});
}
#endif

// Runs `body`, a lambda marked E2LM_INLINE, compiled for the given instruction set.
// REQUIRES: has_isa(isa).
template <typename Body>
void dispatch(Isa isa, const Body& body) {
#if defined(__x86_64__)
  if (isa == Isa::avx512) return run_avx512(body);
  if (isa == Isa::avx2) return run_avx2(body);
#endif
  body(PortableFloats{});
}

// f of each register and of those at the same place in `more`.
template <class F, int64_t C, int64_t N, class... More>
E2LM_INLINE inline Lanes<C, N> each(const F& f, Lanes<C, N> a, More... more) {
  if constexpr (C == N) {
    return {f(a.value, more.value...)};
  } else {
    return {each(f, a.low, more.low...), each(f, a.high, more.high...)};
  }
}

template <int64_t C, int64_t N>
E2LM_INLINE inline Lanes<C, N> operator+(Lanes<C, N> a, Lanes<C, N> b) {
  return each([](auto x, auto y) E2LM_INLINE { return x + y; }, a, b);
}
template <int64_t C, int64_t N>
E2LM_INLINE inline Lanes<C, N> operator-(Lanes<C, N> a, Lanes<C, N> b) {
  return each([](auto x, auto y) E2LM_INLINE { return x - y; }, a, b);
}
template <int64_t C, int64_t N>
E2LM_INLINE inline Lanes<C, N> operator*(Lanes<C, N> a, Lanes<C, N> b) {
  return each([](auto x, auto y) E2LM_INLINE { return x * y; }, a, b);
}
template <int64_t C, int64_t N>
E2LM_INLINE inline Lanes<C, N> operator/(Lanes<C, N> a, Lanes<C, N> b) {
  return each([](auto x, auto y) E2LM_INLINE { return x / y; }, a, b);
}
template <int64_t C, int64_t N>
E2LM_INLINE inline Lanes<C, N> operator+(Lanes<C, N> a, float b) {
  return each([b](auto x) E2LM_INLINE { return x + b; }, a);
}
template <int64_t C, int64_t N>
E2LM_INLINE inline Lanes<C, N> operator-(Lanes<C, N> a, float b) {
  return each([b](auto x) E2LM_INLINE { return x - b; }, a);
}
template <int64_t C, int64_t N>
E2LM_INLINE inline Lanes<C, N> operator*(Lanes<C, N> a, float b) {
  return each([b](auto x) E2LM_INLINE { return x * b; }, a);
}
template <int64_t C, int64_t N>
E2LM_INLINE inline Lanes<C, N> max(Lanes<C, N> a, Lanes<C, N> b) {
  return each([](auto x, auto y) E2LM_INLINE { return x > y ? x : y; }, a, b);
}
template <int64_t C, int64_t N>
E2LM_INLINE inline Lanes<C, N> min(Lanes<C, N> a, Lanes<C, N> b) {
  return each([](auto x, auto y) E2LM_INLINE { return x < y ? x : y; }, a, b);
}

template <class Floats>
E2LM_INLINE inline Floats load(const float* from) {
  Floats values;
  if constexpr (requires { values.value; }) {
    std::memcpy(&values.value, from, sizeof values);
  } else {
    values.low = load<decltype(values.low)>(from);
    values.high = load<decltype(values.high)>(from + sizeof values.low / sizeof(float));
  }
  return values;
}

template <int64_t C, int64_t N>
E2LM_INLINE inline void store(float* to, Lanes<C, N> values) {
  if constexpr (C == N) {
    std::memcpy(to, &values.value, sizeof values);
  } else {
    store(to, values.low);
    store(to + C / 2, values.high);
  }
}

// The first `count` floats, `rest` in the other lanes. REQUIRES: 0 <= count <= kLanes.
template <class Floats>
E2LM_INLINE inline Floats load(const float* from, int64_t count, float rest = 0.0F) {
  if (count == kLanes) return load<Floats>(from);
  float lanes[kLanes];
  for (int64_t i = 0; i < kLanes; ++i) lanes[i] = i < count ? from[i] : rest;
  return load<Floats>(lanes);
}

template <class Floats>
E2LM_INLINE inline void store(float* to, Floats values, int64_t count) {
  if (count == kLanes) return store(to, values);
  float lanes[kLanes];
  store(lanes, values);
  for (int64_t i = 0; i < count; ++i) to[i] = lanes[i];
}

// `values` with zeros where x is at most a limit; they stay where x is NaN.
template <int64_t C, int64_t N>
E2LM_INLINE inline Lanes<C, N> where_above(float limit, Lanes<C, N> x, Lanes<C, N> values) {
  return each(
      [limit](auto value, auto number) E2LM_INLINE {
        typename Lanes<N, N>::Ints bits;
        std::memcpy(&bits, &value, sizeof bits);
        bits &= ~(number <= limit);
        std::memcpy(&value, &bits, sizeof bits);
        return value;
      },
      values, x);
}

// `values` with zeros from lane `count` on.
template <class Floats>
E2LM_INLINE inline Floats first_lanes(Floats values, int64_t count) {
  static constexpr float kDown[kLanes] = {0,  -1, -2,  -3,  -4,  -5,  -6,  -7,
                                          -8, -9, -10, -11, -12, -13, -14, -15};
  return where_above(-static_cast<float>(count), load<Floats>(kDown), values);
}

template <class Floats>
E2LM_INLINE inline Floats splat(float value) {
  return Floats{} + value;
}

// Lanes joined by `f`, halves folded onto each other: lane i with i + 8, then + 4, + 2, + 1.
template <class Floats, class F>
E2LM_INLINE inline float fold(Floats v, const F& f) {
  float lanes[kLanes];
  store(lanes, v);
  for (int64_t half = kLanes / 2; half > 0; half /= 2) {
    for (int64_t i = 0; i < half; ++i) lanes[i] = f(lanes[i], lanes[i + half]);
  }
  return lanes[0];
}

template <class Floats>
E2LM_INLINE inline float sum(Floats v) {
  return fold(v, [](float a, float b) E2LM_INLINE { return a + b; });
}

template <class Floats>
E2LM_INLINE inline float largest(Floats v) {
  return fold(v, [](float a, float b) E2LM_INLINE { return a > b ? a : b; });
}

// Σ a[i]·b[i]: lanes take every 16th product; the tail is a partial vector.
template <class Floats>
E2LM_INLINE inline float dot(const float* a, const float* b, int64_t count) {
  Floats total = {};
  int64_t i = 0;
  for (; i + kLanes <= count; i += kLanes)
    total = total + load<Floats>(a + i) * load<Floats>(b + i);
  if (i < count) total = total + load<Floats>(a + i, count - i) * load<Floats>(b + i, count - i);
  return sum(total);
}

// e^x within 2 ulp for x in [-87, 88], clamped outside; NaN for NaN. x = n·ln 2 + r with
// |r| <= ln 2 / 2, a polynomial of degree 6 for e^r (coefficients of Moshier's Cephes library), and
// 2^n from its exponent bits.
template <int64_t C, int64_t N>
E2LM_INLINE inline Lanes<C, N> exp(Lanes<C, N> x) {
  using Floats = Lanes<C, N>;
  constexpr float kRounder = 12582912.0F + 127;  // 1.5·2^23: adding it leaves n + 127 in low bits
  x = min(splat<Floats>(88.0F), max(splat<Floats>(-87.0F), x));  // the second, where that is NaN
  const Floats shifted = x * 1.44269504F + kRounder;
  const Floats n = shifted - kRounder;
  const Floats r = (x - n * 0.693359375F) + n * 2.12194440e-4F;
  Floats p = r * 1.9875691500e-4F + 1.3981999507e-3F;
  p = p * r + 8.3334519073e-3F;
  p = p * r + 4.1665795894e-2F;
  p = p * r + 1.6666665459e-1F;
  p = p * r + 5.0000001201e-1F;
  p = p * r * r + r + 1.0F;
  return each(
      [](auto power, auto exponent) E2LM_INLINE {
        typename Lanes<N, N>::Ints bits;
        std::memcpy(&bits, &exponent, sizeof bits);
        bits <<= 23;
        std::memcpy(&exponent, &bits, sizeof bits);
        return power * exponent;
      },
      p, shifted);
}

template <class Floats>
E2LM_INLINE inline Floats silu(Floats x) {
  return x / (exp(x * -1.0F) + 1.0F);
}

}  // namespace e2lm::cpu
