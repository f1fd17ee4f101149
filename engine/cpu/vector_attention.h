#pragma once

#include <span>

#include "engine/cpu/key_chunks.h"
#include "engine/cpu/query.h"
#include "engine/cpu/simd.h"

namespace e2lm::cpu {

// A chunk's keys [kChunkKeys / kLanes, P, kLanes] and values [P / kLanes rounded up, kChunkKeys,
// kLanes], for products of 16 lanes.
struct VectorLayout {
  using Element = float;
  int64_t width;  // P

  int64_t key_elements() const { return kChunkKeys * width; }
  int64_t value_elements() const { return kChunkKeys * round_up(width, kLanes); }
  void copy_row(float* k, float* v, int64_t i, const float* key, const float* value) const;
};

// Attention of one key/value head in float32, along one path after the other.
class VectorAttention {
 public:
  // Scores are scale · q·k.
  VectorAttention(Isa isa, int64_t head_width, float scale)
      : isa_(isa), width_(head_width), scale_(scale), chunks_({head_width}) {}

  // Queries look at the path's keys, the later ones at no fewer.
  void attend(Path path, std::span<Query> queries);

 private:
  Isa isa_;
  int64_t width_;
  float scale_;
  KeyChunks<VectorLayout> chunks_;
};

}  // namespace e2lm::cpu
