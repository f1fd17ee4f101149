#pragma once

#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

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

// Rows that two paths have in common from their beginnings on.
int64_t common_rows(const Path& a, const Path& b);

// Attention walks a path in chunks of this many keys, counted from its first token: any length
// works in a fixed room, and results do not depend on how the path was cut into segments.
constexpr int64_t kChunkKeys = 128;

// The chunks of one path after the other. Neighbouring paths begin alike, so what they share is not
// copied again. A Layout says what a chunk is made of: its Element, how many of them keys and
// values take, and how a row is copied there.
template <class Layout>
class KeyChunks {
 public:
  using Element = typename Layout::Element;

  struct Chunk {
    int64_t number = -1;  // its first key is the path's number · kChunkKeys
    int64_t keys = 0;     // that are there
    std::vector<Element> k, v;
  };

  explicit KeyChunks(const Layout& layout) : layout_(layout), chunks_(kHeld) {}

  void walk(Path path) {
    const int64_t common = common_rows(path_, path);
    for (Chunk& chunk : chunks_) {
      chunk.keys = std::clamp<int64_t>(common - chunk.number * kChunkKeys, 0, chunk.keys);
    }
    path_ = std::move(path);
  }

  // Chunk `number` of the path, its first `keys` keys. Valid until the next call.
  Chunk& get(int64_t number, int64_t keys) {
    Chunk& chunk = chunks_[number % kHeld];
    chunk.k.resize(layout_.key_elements());
    chunk.v.resize(layout_.value_elements());
    if (chunk.number != number) chunk.keys = 0;
    chunk.number = number;
    if (chunk.keys < keys) copy(chunk, chunk.keys, keys);
    chunk.keys = std::max(chunk.keys, keys);
    return chunk;
  }

 private:
  static constexpr int64_t kHeld = 8;  // of a long path only the latest are held

  void copy(Chunk& chunk, int64_t from, int64_t to) const {
    int64_t i = from, row = chunk.number * kChunkKeys + from;  // row: within the span
    for (const Span& span : path_) {
      for (; row < span.rows && i < to; ++row, ++i) {
        layout_.copy_row(chunk.k.data(), chunk.v.data(), i, span.k + row * span.stride,
                         span.v + row * span.stride);
      }
      if (i == to) return;
      row -= span.rows;
    }
  }

  Layout layout_;
  Path path_;
  std::vector<Chunk> chunks_;  // chunk n is at n % kHeld
};

}  // namespace e2lm::cpu
