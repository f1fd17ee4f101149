#pragma once

#include <cstdint>
#include <limits>

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

}  // namespace e2lm::cpu
