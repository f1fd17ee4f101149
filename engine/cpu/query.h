#pragma once

#include <cmath>
#include <limits>

#include "engine/cpu/simd.h"

namespace e2lm::cpu {

// One query head of one row, and its softmax over the keys seen so far, carried from chunk to chunk
// (Milakov and Gimelshein, arXiv 1805.02867).
struct Query {
  const float* q;  // [P]
  float* out;      // [P], Σ_i exp(z_i - highest)·v_i
  int64_t keys;    // of the path that it may look at
  float highest = -std::numeric_limits<float>::infinity();
  float sum = 0;    // Σ_i exp(z_i - highest)
  float decay = 0;  // what the last chunk's new highest score leaves of out
};

// Scores of `count` keys become softmax numerators. A query's lanes take every 16th key, so its sum
// does not depend on what other queries look at.
template <class Floats>
E2LM_INLINE inline void exponentiate(Query& query, int64_t count, float* scores) {
  Floats top = splat<Floats>(query.highest);
  for (int64_t i = 0; i < count; i += kLanes) {
    constexpr float kLowest = -std::numeric_limits<float>::infinity();
    top = max(top, load<Floats>(scores + i, std::min(kLanes, count - i), kLowest));
  }
  const float highest = largest(top);
  query.decay = std::exp(query.highest - highest);
  query.highest = highest;
  Floats total = {};
  for (int64_t i = 0; i < count; i += kLanes) {
    const Floats e = exp(load<Floats>(scores + i) - highest);
    store(scores + i, e);
    total = total + first_lanes(e, std::min(kLanes, count - i));
  }
  query.sum = query.sum * query.decay + sum(total);
}

}  // namespace e2lm::cpu
