#pragma once

#include <algorithm>
#include <cmath>

#include "engine/cpu/simd.h"

namespace e2lm::cpu {

// 1 / sqrt(mean(x²) + eps)
template <class Floats>
E2LM_INLINE inline float inverse_rms(const float* x, int64_t width, float eps) {
  return 1.0F / std::sqrt(dot<Floats>(x, x, width) / static_cast<float>(width) + eps);
}

// put(i, values, count) for the elements from i on of x · factor ⊙ weight
template <class Floats, class Put>
E2LM_INLINE inline void normalize(const float* x, const float* weight, float factor, int64_t width,
                                  const Put& put) {
  for (int64_t i = 0; i < width; i += kLanes) {
    const int64_t count = std::min(kLanes, width - i);
    put(i, load<Floats>(x + i, count) * factor * load<Floats>(weight + i, count), count);
  }
}

}  // namespace e2lm::cpu
