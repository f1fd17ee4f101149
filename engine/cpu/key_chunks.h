#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <vector>

#include "engine/cpu/simd.h"

namespace e2lm::cpu {

// Keys and values of neighbouring rows of a path, one head's columns.
struct Span {
  const float* k;
  const float* v;
  int64_t stride;
  int64_t rows;
};

// From the first token of a text to its end, in order.
using Path = std::vector<Span>;

// Attention walks a path in chunks of this many keys, counted from its first token: any length
// works in a fixed room, and results do not depend on how the path was cut into segments.
constexpr int64_t kChunkKeys = 128;

// One chunk, laid out for products of 16 lanes.
struct KeyChunk {
  int64_t number = -1;         // its first key is the path's number · kChunkKeys
  int64_t keys = 0;            // that are there
  std::unique_ptr<float[]> k;  // [kChunkKeys / kLanes, P, kLanes]
  std::unique_ptr<float[]> v;  // [P / kLanes rounded up, kChunkKeys, kLanes]
};

// The chunks of one path after the other. Neighbouring paths begin alike, so what they share is not
// copied again.
class KeyChunks {
 public:
  explicit KeyChunks(int64_t head_width) : width_(head_width), chunks_(kHeld) {}

  void walk(Path path);

  // Chunk `number` of the path, its first `keys` keys. Valid until the next call.
  const KeyChunk& get(int64_t number, int64_t keys);

 private:
  static constexpr int64_t kHeld = 8;  // of a long path only the latest are held

  void copy(KeyChunk& chunk, int64_t from, int64_t to) const;
  void copy_row(KeyChunk& chunk, int64_t i, const float* key, const float* value) const;

  int64_t width_;  // P
  Path path_;
  std::vector<KeyChunk> chunks_;  // chunk n is at n % kHeld
};

}  // namespace e2lm::cpu
