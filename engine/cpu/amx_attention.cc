#include "engine/cpu/amx_attention.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "engine/cpu/bfloat16.h"

namespace e2lm::cpu {
namespace {

// Softmax numerators of scale times `count` scores, rounded; their sum is of what was not.
template <class Floats>
E2LM_INLINE inline void weigh(Query& query, int64_t count, const float* scores, float scale,
                              uint16_t* weights) {
  constexpr float kLowest = -std::numeric_limits<float>::infinity();
  Floats top = splat<Floats>(kLowest);
  for (int64_t i = 0; i < count; i += kLanes) {
    top = max(top, load<Floats>(scores + i, std::min(kLanes, count - i), kLowest));
  }
  const float highest = std::max(query.highest, largest(top) * scale);
  query.decay = std::exp(query.highest - highest);
  query.highest = highest;
  Floats total = {};
  for (int64_t i = 0; i < count; i += kLanes) {
    const int64_t lanes = std::min(kLanes, count - i);
    const Floats e = first_lanes(exp(load<Floats>(scores + i) * scale - highest), lanes);
    store_bfloat16(weights + i, e, lanes);
    total = total + e;
  }
  query.sum = query.sum * query.decay + sum(total);
}

}  // namespace

void AmxLayout::copy_row(uint16_t* k, uint16_t* v, int64_t i, const float* key,
                         const float* value) const {
  static thread_local std::vector<uint16_t> numbers;  // kept from row to row
  numbers.resize(width);
  const auto round = [&](const float* row) {
    dispatch(isa, [&]<class Floats>(Floats)
                      E2LM_INLINE { round_row<Floats>(row, width, numbers.data()); });
  };
  round(key);
  keys(k).put_output(i, numbers.data(), width);
  round(value);
  const AmxPairs to = values(v);
  for (int64_t p = 0; p < width; ++p) *to.at(i, p) = numbers[p];
}

AmxAttention::AmxAttention(Isa isa, int64_t head_width, float scale)
    : isa_(isa),
      layout_{isa, head_width},
      scale_(scale),
      chunks_(layout_),
      scores_(kGroup * kChunkKeys),
      weights_(kGroup * kChunkKeys) {}

// Whether the path's values [first, end) are finite, once rounded.
bool AmxAttention::finite_values(const Path& path, int64_t first, int64_t end) const {
  bool finite = true;
  for (const Span& span : path) {
    dispatch(isa_, [&]<class Floats>(Floats) E2LM_INLINE {
      for (int64_t i = std::max<int64_t>(first, 0); i < std::min(end, span.rows); ++i) {
        finite = finite && finite_rounded<Floats>(span.v + i * span.stride, layout_.width);
      }
    });
    first -= span.rows;
    end -= span.rows;
  }
  return finite;
}

void AmxAttention::attend(Path path, std::span<Query> queries) {
  // Keys behind a query's own have no weight, but zero times a value that is not finite is not
  // zero: then rows go one by one, before there are any such keys.
  const bool together = finite_values(path, queries.front().keys, queries.back().keys);
  chunks_.walk(std::move(path));
  while (!queries.empty()) {
    const auto behind = std::ranges::upper_bound(
        queries, together ? queries.back().keys : queries.front().keys, {}, &Query::keys);
    const auto count = static_cast<size_t>(behind - queries.begin());
    attend_together(queries.first(count));
    queries = queries.subspan(count);
  }
}

void AmxAttention::attend_together(std::span<Query> queries) {
  const int64_t width = layout_.width, stride = round_up(width, kAmxInputs);
  q_.resize(round_up(std::ssize(queries), kGroup) * stride);
  dispatch(isa_, [&]<class Floats>(Floats) E2LM_INLINE {
    for (int64_t j = 0; j < std::ssize(queries); ++j) {
      round_row<Floats>(queries[j].q, width, q_.data() + j * stride);
    }
  });
  const int64_t keys = queries.back().keys;
  for (int64_t first = 0; first < keys; first += kChunkKeys) {
    const int64_t count = std::min(kChunkKeys, keys - first);
    KeyChunks<AmxLayout>::Chunk& chunk = chunks_.get(first / kChunkKeys, count);
    for (int64_t j = 0; j < std::ssize(queries); j += kGroup) {
      const auto group = queries.subspan(j, std::min(kGroup, std::ssize(queries) - j));
      attend_chunk(group, q_.data() + j * stride, first, chunk);
    }
  }
}

void AmxAttention::attend_chunk(std::span<Query> queries, const uint16_t* q, int64_t first_key,
                                KeyChunks<AmxLayout>::Chunk& chunk) {
  const int64_t most = std::min(queries.back().keys - first_key, kChunkKeys);
  if (most <= 0) return;
  const int64_t rows = std::ssize(queries), inputs = round_up(most, kAmxInputs);
  const AmxPairs keys = layout_.keys(chunk.k.data()), values = layout_.values(chunk.v.data());
  AmxProduct{q, keys.inputs, keys, scores_.data(), kChunkKeys}.multiply(rows, keys.inputs, most);
  // Keys behind the path's end have no weight, but theirs times what a path left there before must
  // be zero, too, whatever that was.
  const int64_t stride = round_up(layout_.width, kAmxRows);
  for (int64_t i = std::max(chunk.keys, most); i < inputs; ++i) {
    for (int64_t p = 0; p < stride; ++p) *values.at(i, p) = 0;
  }
  dispatch(isa_, [&]<class Floats>(Floats) E2LM_INLINE {
    for (int64_t j = 0; j < rows; ++j) {
      Query& query = queries[j];
      const int64_t count = std::clamp<int64_t>(query.keys - first_key, 0, kChunkKeys);
      uint16_t* weights = weights_.data() + j * kChunkKeys;
      if (count > 0) weigh<Floats>(query, count, scores_.data() + j * kChunkKeys, scale_, weights);
      std::fill(weights + count, weights + inputs, uint16_t{0});
      for (int64_t p = 0; p < stride && count > 0; p += kLanes) {
        float* out = query.out + p;
        const Floats before = load<Floats>(out) * query.decay;
        store(out, first_key == 0 ? Floats{} : before);
      }
    }
  });
  AmxProduct{weights_.data(), kChunkKeys, values, queries.front().out, stride, true}.multiply(
      rows, inputs, layout_.width);
}

}  // namespace e2lm::cpu
