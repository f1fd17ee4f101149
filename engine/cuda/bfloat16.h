#pragma once

#include <cstdint>
#include <cstring>

// What a function must be called to run on both sides; nothing where nvcc does not compile.
#ifdef __CUDACC__
#define E2LM_BOTH __host__ __device__
#else
#define E2LM_BOTH
#endif

namespace e2lm::cuda {

// The upper half of a float32.
struct Bfloat16 {
  uint16_t bits;
};

E2LM_BOTH inline float widen(Bfloat16 value) {
  const uint32_t bits = static_cast<uint32_t>(value.bits) << 16;
  float result;
  memcpy(&result, &bits, sizeof(result));
  return result;
}
E2LM_BOTH inline float widen(float value) {
  return value;
}

// Rounds to the nearest, ties to even; NaN stays one.
template <class T>
E2LM_BOTH inline T narrow(float value);

template <>
E2LM_BOTH inline float narrow<float>(float value) {
  return value;
}

template <>
E2LM_BOTH inline Bfloat16 narrow<Bfloat16>(float value) {
  uint32_t bits;
  memcpy(&bits, &value, sizeof(bits));
  if ((bits & 0x7fffffffU) > 0x7f800000U) return {0x7fff};
  bits += 0x7fffU + ((bits >> 16) & 1U);
  return {static_cast<uint16_t>(bits >> 16)};
}

}  // namespace e2lm::cuda
