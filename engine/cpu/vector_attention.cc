#include "engine/cpu/vector_attention.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace e2lm::cpu {
namespace {

using KeyChunk = KeyChunks<VectorLayout>::Chunk;

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
  add_products(group.q, group.widths, chunk.k.data() + first * width, kLanes * width, dots);
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
  add_products(group.weights, group.keys, chunk.v.data() + first * kChunkKeys, kLanes * kChunkKeys,
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

}  // namespace

void VectorLayout::copy_row(float* k, float* v, int64_t i, const float* key,
                            const float* value) const {
  float* column = k + i / kLanes * kLanes * width + i % kLanes;
  for (int64_t p = 0; p < width; ++p) column[p * kLanes] = key[p];
  for (int64_t p = 0; p < width; p += kLanes) {
    std::copy_n(value + p, std::min(kLanes, width - p), v + p * kChunkKeys + i * kLanes);
  }
}

void VectorAttention::attend(Path path, std::span<Query> queries) {
  chunks_.walk(std::move(path));
  const int64_t keys = queries.back().keys;
  for (int64_t first = 0; first < keys; first += kChunkKeys) {
    const KeyChunk& chunk = chunks_.get(first / kChunkKeys, std::min(kChunkKeys, keys - first));
    dispatch(isa_, [&]<class Floats>(Floats) E2LM_INLINE {
      for (int64_t j = 0; j < std::ssize(queries); j += kGroup<Floats>) {
        const int64_t count = std::min<int64_t>(kGroup<Floats>, std::ssize(queries) - j);
        cpu::attend<Floats, kGroup<Floats>, kGroupVectors<Floats>>(queries.data() + j, count, chunk,
                                                                   width_, scale_);
      }
    });
  }
}

}  // namespace e2lm::cpu
