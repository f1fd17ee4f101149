#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "base/parallel.h"
#include "engine/cpu/cpu_backend.h"
#include "engine/cpu/simd.h"

namespace e2lm::cpu {
namespace {

// A chain of texts is walked in chunks of this many keys, counted from its first token, with the
// softmax carried from chunk to chunk (Milakov and Gimelshein, arXiv 1805.02867): any length works
// in a fixed room, and results do not depend on how the chain was cut into segments.
constexpr int64_t kChunkKeys = 128;

int64_t whole_vectors(int64_t count) {
  return (count + kLanes - 1) / kLanes * kLanes;
}

// Keys and values of neighbouring rows of a path, one head's columns.
struct Span {
  const float* k;
  const float* v;
  int64_t stride;
  int64_t rows;
};

// A chunk's keys and values, laid out for the products below.
struct Chunk {
  int64_t width;         // P
  std::vector<float> k;  // [kChunkKeys / kLanes, P, kLanes]
  std::vector<float> v;  // [whole vectors of P / kLanes, kChunkKeys, kLanes]

  explicit Chunk(int64_t head_width)
      : width(head_width), k(kChunkKeys * width), v(kChunkKeys * whole_vectors(width)) {}

  void copy_row(int64_t i, const float* key, const float* value) {
    float* to = k.data() + i / kLanes * kLanes * width + i % kLanes;
    for (int64_t p = 0; p < width; ++p) to[p * kLanes] = key[p];
    for (int64_t p = 0; p < width; p += kLanes) {
      std::copy_n(value + p, std::min(kLanes, width - p), v.data() + (p * kChunkKeys + i * kLanes));
    }
  }

  // Keys [first, first + count) of the path.
  void copy(const std::vector<Span>& path, int64_t first, int64_t count) {
    int64_t i = 0;
    for (const Span& span : path) {
      for (; first < span.rows && i < count; ++first, ++i) {
        copy_row(i, span.k + first * span.stride, span.v + first * span.stride);
      }
      first -= span.rows;
      if (i == count) return;
    }
  }
};

// One query head of one row, and its softmax over the keys seen so far.
struct Query {
  const float* q;  // [P]
  float* out;      // [P], Σ_i exp(z_i - highest)·v_i
  int64_t keys;    // of the path that it may look at
  float highest = -std::numeric_limits<float>::infinity();
  float sum = 0;    // Σ_i exp(z_i - highest)
  float decay = 0;  // what the last chunk's new highest score leaves of out
};

// sums[j] += Σ_i factors[j][i]·rows[i] for i below counts[j], in order. rows is [.., kLanes].
template <class Floats, int kSums>
E2LM_INLINE inline void add_products(const float* const* factors, const int64_t* counts,
                                     const float* rows, Floats* sums) {
  const int64_t common = *std::min_element(counts, counts + kSums);
  Floats total[kSums];
  for (int j = 0; j < kSums; ++j) total[j] = sums[j];
  for (int64_t i = 0; i < common; ++i) {
    const Floats row = load<Floats>(rows + i * kLanes);
    for (int j = 0; j < kSums; ++j) total[j] = total[j] + row * factors[j][i];
  }
  for (int j = 0; j < kSums; ++j) {
    for (int64_t i = common; i < counts[j]; ++i) {
      total[j] = total[j] + load<Floats>(rows + i * kLanes) * factors[j][i];
    }
    sums[j] = total[j];
  }
}

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

// Queries [0, count), at most kSums, look at the chunk's keys, the path's from `first` on.
template <class Floats, int kSums>
E2LM_INLINE inline void attend(Query* queries, int64_t count, const Chunk& chunk, int64_t first,
                               float scale) {
  float scores[kSums][kChunkKeys];
  const float *q[kSums], *weights[kSums];
  int64_t keys[kSums], widths[kSums], most = 0;
  for (int j = 0; j < kSums; ++j) {  // where there are fewer, the last is computed several times
    const Query& query = queries[std::min<int64_t>(j, count - 1)];
    q[j] = query.q;
    weights[j] = scores[j];
    keys[j] = std::clamp<int64_t>(query.keys - first, 0, kChunkKeys);
    widths[j] = chunk.width;
    most = std::max(most, keys[j]);
  }
  for (int64_t i = 0; i < most; i += kLanes) {
    Floats dots[kSums] = {};
    add_products<Floats, kSums>(q, widths, chunk.k.data() + i * chunk.width, dots);
    for (int j = 0; j < kSums; ++j) store(scores[j] + i, dots[j] * scale);
  }
  for (int j = 0; j < count; ++j) {
    if (keys[j] > 0) exponentiate<Floats>(queries[j], keys[j], scores[j]);
  }
  for (int64_t p = 0; p < chunk.width; p += kLanes) {
    const int64_t lanes = std::min(kLanes, chunk.width - p);
    Floats mixed[kSums];
    for (int j = 0; j < kSums; ++j) {
      const Query& query = queries[std::min<int64_t>(j, count - 1)];
      mixed[j] = first == 0 ? Floats{} : load<Floats>(query.out + p, lanes) * query.decay;
    }
    add_products<Floats, kSums>(weights, keys, chunk.v.data() + p * kChunkKeys, mixed);
    for (int j = 0; j < count; ++j) {
      if (keys[j] > 0) store(queries[j].out + p, mixed[j], lanes);
    }
  }
}

}  // namespace

void CpuBackend::attention(const Wave& wave, int64_t layer, Rows q, Rows k, Rows v, float scale,
                           Rows out) {
  const int64_t width = shape_.head_width, kv_heads = shape_.kv_heads;
  const int64_t heads_per_kv = shape_.query_heads / kv_heads;
  const float key_scale = 1.0F / std::sqrt(static_cast<float>(width));

  for (const Segment& segment : wave.segments) {
    if (segment.keep < 0) continue;
    for (int64_t i = 0; i < segment.rows; ++i) {
      const int64_t r = segment.first_row + i;
      float* kept = kept_.kv(segment.keep, layer, i);
      std::copy_n(k.data + r * k.stride, k.width, kept);
      std::copy_n(v.data + r * v.stride, v.width, kept + k.width);
    }
  }

  // Root first: what earlier waves kept, then the segments of this wave down to `s` itself.
  const auto path_to = [&](int32_t s, int64_t head) {
    std::vector<Span> path;
    const int64_t column = head * width;
    for (;; s = wave.segments[s].parent) {
      const Segment& segment = wave.segments[s];
      path.push_back({k.data + segment.first_row * k.stride + column,
                      v.data + segment.first_row * v.stride + column, k.stride, segment.rows});
      if (segment.parent < 0) break;
    }
    for (int32_t slot = wave.segments[s].source; slot >= 0; slot = kept_.slot(slot).parent) {
      const float* rows = kept_.kv(slot, layer, 0);
      path.push_back(
          {rows + column, rows + k.width + column, k.width + v.width, kept_.slot(slot).rows});
    }
    std::reverse(path.begin(), path.end());
    return path;
  };

  parallel_for(threads_, std::ssize(blocks_) * kv_heads, 1, [&](int64_t piece, int64_t) {
    const RowBlock& block = blocks_[piece / kv_heads];
    const int64_t kv_head = piece % kv_heads;
    const Segment& segment = wave.segments[block.segment];
    const std::vector<Span> path = path_to(block.segment, kv_head);
    std::vector<Query> queries;
    for (int64_t i = block.first; i < block.first + block.rows; ++i) {
      const int64_t r = segment.first_row + i;
      for (int64_t h = kv_head * heads_per_kv; h < (kv_head + 1) * heads_per_kv; ++h) {
        queries.push_back({.q = q.data + r * q.stride + h * width,
                           .out = out.data + r * out.stride + h * width,
                           .keys = segment.position + i + 1});
      }
    }
    Chunk chunk(width);
    const int64_t keys = queries.back().keys;
    for (int64_t first = 0; first < keys; first += kChunkKeys) {
      chunk.copy(path, first, std::min(kChunkKeys, keys - first));
      dispatch(isa_, [&]<class Floats>(Floats) E2LM_INLINE {
        constexpr int kSums = std::min(8, kAccumulators<Floats>);
        for (int64_t j = 0; j < std::ssize(queries); j += kSums) {
          attend<Floats, kSums>(queries.data() + j,
                                std::min<int64_t>(kSums, std::ssize(queries) - j), chunk, first,
                                key_scale);
        }
      });
    }
    for (const Query& query : queries) {
      for (int64_t p = 0; p < width; ++p) query.out[p] *= scale / query.sum;
    }
  });
}

}  // namespace e2lm::cpu
