#include "engine/cpu/key_chunks.h"

#include <utility>

namespace e2lm::cpu {
namespace {

// Rows that two paths have in common from their beginnings on.
int64_t common_rows(const Path& a, const Path& b) {
  int64_t rows = 0;
  for (size_t i = 0; i < std::min(a.size(), b.size()); ++i) {
    if (a[i].k != b[i].k || a[i].stride != b[i].stride) break;
    rows += std::min(a[i].rows, b[i].rows);
    if (a[i].rows != b[i].rows) break;
  }
  return rows;
}

}  // namespace

void KeyChunks::walk(Path path) {
  const int64_t common = common_rows(path_, path);
  for (KeyChunk& chunk : chunks_) {
    chunk.keys = std::clamp<int64_t>(common - chunk.number * kChunkKeys, 0, chunk.keys);
  }
  path_ = std::move(path);
}

const KeyChunk& KeyChunks::get(int64_t number, int64_t keys) {
  KeyChunk& chunk = chunks_[number % kHeld];
  if (!chunk.k) {
    const int64_t vectors = (width_ + kLanes - 1) / kLanes;
    chunk.k = std::make_unique<float[]>(kChunkKeys * width_);
    chunk.v = std::make_unique<float[]>(kChunkKeys * vectors * kLanes);
  }
  if (chunk.number != number) chunk.keys = 0;
  chunk.number = number;
  if (chunk.keys < keys) copy(chunk, chunk.keys, keys);
  chunk.keys = std::max(chunk.keys, keys);
  return chunk;
}

void KeyChunks::copy(KeyChunk& chunk, int64_t from, int64_t to) const {
  int64_t i = from, row = chunk.number * kChunkKeys + from;  // row: within the span
  for (const Span& span : path_) {
    for (; row < span.rows && i < to; ++row, ++i) {
      copy_row(chunk, i, span.k + row * span.stride, span.v + row * span.stride);
    }
    if (i == to) return;
    row -= span.rows;
  }
}

void KeyChunks::copy_row(KeyChunk& chunk, int64_t i, const float* key, const float* value) const {
  float* k = chunk.k.get() + i / kLanes * kLanes * width_ + i % kLanes;
  for (int64_t p = 0; p < width_; ++p) k[p * kLanes] = key[p];
  for (int64_t p = 0; p < width_; p += kLanes) {
    std::copy_n(value + p, std::min(kLanes, width_ - p),
                chunk.v.get() + p * kChunkKeys + i * kLanes);
  }
}

}  // namespace e2lm::cpu
