#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "base/parallel.h"
#include "engine/cpu/cpu_backend.h"
#include "engine/cpu/key_chunks.h"
#include "engine/cpu/simd.h"

namespace e2lm::cpu {
namespace {

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

// sums[j][v] += Σ_i factors[j][i]·rows[v][i] for i below counts[j], in order. rows is
// [kVectors, stride / kLanes, kLanes].
template <class Floats, int64_t kSums, int kVectors>
E2LM_INLINE inline void add_products(const float* const* factors, const int64_t* counts,
                                     const float* rows, int64_t stride,
                                     Floats (&sums)[kSums][kVectors]) {
  const int64_t common = *std::min_element(counts, counts + kSums);
  Floats total[kSums][kVectors];
  for (int j = 0; j < kSums; ++j) {
    for (int v = 0; v < kVectors; ++v) total[j][v] = sums[j][v];
  }
  for (int64_t i = 0; i < common; ++i) {
    Floats row[kVectors];
    for (int v = 0; v < kVectors; ++v) row[v] = load<Floats>(rows + v * stride + i * kLanes);
    for (int j = 0; j < kSums; ++j) {
      for (int v = 0; v < kVectors; ++v) total[j][v] = total[j][v] + row[v] * factors[j][i];
    }
  }
  for (int j = 0; j < kSums; ++j) {
    for (int v = 0; v < kVectors; ++v) {
      for (int64_t i = common; i < counts[j]; ++i) {
        total[j][v] = total[j][v] + load<Floats>(rows + v * stride + i * kLanes) * factors[j][i];
      }
      sums[j][v] = total[j][v];
    }
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

// Up to kSums queries that look at a chunk's keys together.
template <int64_t kSums>
struct Group {
  Group(Query* first_query, int64_t queries, const KeyChunk& chunk, int64_t width)
      : count(queries) {
    for (int j = 0; j < kSums; ++j) {  // where there are fewer, the last is computed several times
      query[j] = first_query + std::min<int64_t>(j, count - 1);
      q[j] = query[j]->q;
      weights[j] = scores[j];
      keys[j] = std::clamp<int64_t>(query[j]->keys - chunk.number * kChunkKeys, 0, kChunkKeys);
      widths[j] = width;
    }
  }

  int64_t count;
  Query* query[kSums];
  const float* q[kSums];
  int64_t widths[kSums];  // P each
  int64_t keys[kSums];    // of the chunk
  const float* weights[kSums];
  float scores[kSums][kChunkKeys];
};

// Scores of kVectors·kLanes keys from key `first` on.
template <class Floats, int kVectors, int64_t kSums>
E2LM_INLINE inline void score_keys(Group<kSums>& group, int64_t first, const KeyChunk& chunk,
                                   int64_t width, float scale) {
  Floats dots[kSums][kVectors] = {};
  add_products(group.q, group.widths, chunk.k.get() + first * width, kLanes * width, dots);
  for (int j = 0; j < kSums; ++j) {
    for (int v = 0; v < kVectors; ++v) {
      store(group.scores[j] + first + v * kLanes, dots[j][v] * scale);
    }
  }
}

// kVectors·kLanes columns of the weighted sum of values, from column `first` on.
template <class Floats, int kVectors, int64_t kSums>
E2LM_INLINE inline void mix_values(Group<kSums>& group, int64_t first, const KeyChunk& chunk,
                                   int64_t width) {
  const auto lanes = [&](int v) { return std::min(kLanes, width - first - v * kLanes); };
  Floats mixed[kSums][kVectors];
  for (int j = 0; j < kSums; ++j) {
    const Query& query = *group.query[j];
    for (int v = 0; v < kVectors; ++v) {
      const float* out = query.out + first + v * kLanes;
      mixed[j][v] = chunk.number == 0 ? Floats{} : load<Floats>(out, lanes(v)) * query.decay;
    }
  }
  add_products(group.weights, group.keys, chunk.v.get() + first * kChunkKeys, kLanes * kChunkKeys,
               mixed);
  for (int j = 0; j < group.count; ++j) {
    for (int v = 0; v < kVectors; ++v) {
      if (group.keys[j] > 0) store(group.query[j]->out + first + v * kLanes, mixed[j][v], lanes(v));
    }
  }
}

// Queries [0, count), at most kSums, look at the chunk's keys. `width` is P.
template <class Floats, int64_t kSums, int kVectors>
E2LM_INLINE inline void attend(Query* queries, int64_t count, const KeyChunk& chunk, int64_t width,
                               float scale) {
  Group<kSums> group(queries, count, chunk, width);
  const int64_t most = *std::max_element(group.keys, group.keys + kSums);
  constexpr int64_t kStep = kVectors * kLanes;
  static_assert(kChunkKeys % kStep == 0);
  for (int64_t i = 0; i < most; i += kStep) {
    score_keys<Floats, kVectors>(group, i, chunk, width, scale);
  }
  for (int j = 0; j < count; ++j) {
    if (group.keys[j] > 0) exponentiate<Floats>(queries[j], group.keys[j], group.scores[j]);
  }
  int64_t first = 0;
  for (; first + kStep <= width; first += kStep) {
    mix_values<Floats, kVectors>(group, first, chunk, width);
  }
  for (; first < width; first += kLanes) mix_values<Floats, 1>(group, first, chunk, width);
}

// How many queries share a load of keys or values, and how many vectors of these an input of
// theirs: together as many sums as registers hold.
template <class Floats>
constexpr int kGroup = std::min(8, kAccumulators<Floats>);
template <>
constexpr int kGroup<Avx512Floats> = 12;
template <class Floats>
constexpr int kGroupVectors = 1;
template <>
constexpr int kGroupVectors<Avx512Floats> = 2;

void attend_all(Isa isa, std::span<Query> queries, const KeyChunk& chunk, int64_t width,
                float scale) {
  dispatch(isa, [&]<class Floats>(Floats) E2LM_INLINE {
    for (int64_t j = 0; j < std::ssize(queries); j += kGroup<Floats>) {
      const int64_t count = std::min<int64_t>(kGroup<Floats>, std::ssize(queries) - j);
      attend<Floats, kGroup<Floats>, kGroupVectors<Floats>>(queries.data() + j, count, chunk, width,
                                                            scale);
    }
  });
}

// Neighbouring blocks taken together: their paths share most keys.
constexpr int64_t kBlocksPerPiece = 8;

}  // namespace

void CpuBackend::attention(const Wave& wave, int64_t layer, Rows q, Rows k, Rows v, float scale,
                           ProductRows out) {
  rope(wave, q);
  rope(wave, k);
  attend(wave, layer, q, k, v, scale, out);
}

void CpuBackend::attend(const Wave& wave, int64_t layer, Rows q, Rows k, Rows v, float scale,
                        ProductRows product_rows) {
  const OperandRows out = operands(product_rows);
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
    Path path;
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

  // Their sums are in `sums`.
  const auto queries_of = [&](const RowBlock& block, int64_t kv_head, std::vector<float>& sums) {
    const Segment& segment = wave.segments[block.segment];
    sums.resize(block.rows * heads_per_kv * width);
    std::vector<Query> queries;
    for (int64_t i = block.first; i < block.first + block.rows; ++i) {
      const int64_t r = segment.first_row + i;
      for (int64_t h = kv_head * heads_per_kv; h < (kv_head + 1) * heads_per_kv; ++h) {
        queries.push_back({.q = q.data + r * q.stride + h * width,
                           .out = sums.data() + std::ssize(queries) * width,
                           .keys = segment.position + i + 1});
      }
    }
    return queries;
  };

  const int64_t groups = (std::ssize(blocks_) + kBlocksPerPiece - 1) / kBlocksPerPiece;
  parallel_for(threads_, groups * kv_heads, 1, [&](int64_t piece, int64_t) {
    const int64_t first_block = piece / kv_heads * kBlocksPerPiece, kv_head = piece % kv_heads;
    const int64_t count = std::min(kBlocksPerPiece, std::ssize(blocks_) - first_block);
    KeyChunks chunks(width);
    std::vector<float> sums;
    for (const RowBlock& block : std::span(blocks_).subspan(first_block, count)) {
      chunks.walk(path_to(block.segment, kv_head));
      std::vector<Query> queries = queries_of(block, kv_head, sums);
      const int64_t keys = queries.back().keys;
      for (int64_t first = 0; first < keys; first += kChunkKeys) {
        const KeyChunk& chunk = chunks.get(first / kChunkKeys, std::min(kChunkKeys, keys - first));
        attend_all(isa_, queries, chunk, width, key_scale);
      }
      const int64_t first_row = wave.segments[block.segment].first_row + block.first;
      dispatch(isa_, [&]<class Floats>(Floats) E2LM_INLINE {
        for (int64_t j = 0; j < std::ssize(queries); ++j) {
          const int64_t r = first_row + j / heads_per_kv;
          const int64_t h = kv_head * heads_per_kv + j % heads_per_kv;
          for (int64_t p = 0; p < width; p += kLanes) {
            const int64_t lanes = std::min(kLanes, width - p);
            const Floats mixed = load<Floats>(queries[j].out + p, lanes);
            store_operands(out, r, h * width + p, mixed * (scale / queries[j].sum), lanes);
          }
        }
      });
    }
  });
}

}  // namespace e2lm::cpu
