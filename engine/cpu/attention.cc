#include <algorithm>
#include <cmath>
#include <vector>

#include "base/parallel.h"
#include "engine/cpu/cpu_backend.h"
#include "engine/cpu/simd.h"

namespace e2lm::cpu {
namespace {

// Keys and values of neighbouring rows of a path, one head's columns.
struct Span {
  const float* k;
  const float* v;
  int64_t stride;
  int64_t rows;
};

// scores[i] = scale · q·k_i for the first `length` rows of the path.
E2LM_INLINE inline void score_keys(const float* q, const std::vector<Span>& path, int64_t length,
                                   int64_t width, float scale, float* scores) {
  for (const Span& span : path) {
    const int64_t rows = std::min(span.rows, length);
    for (int64_t i = 0; i < rows; ++i) {
      scores[i] = scale * dot(q, span.k + i * span.stride, width);
    }
    scores += rows;
    length -= rows;
  }
}

// Softmax numerators in place; returns factor / their sum. Lanes take every 16th score counted from
// the start of the text, so the sum does not depend on how the path was cut. `scores` has room for
// whole vectors.
E2LM_INLINE inline float exponentiate(float* scores, int64_t length, float factor) {
  std::fill(scores + length, scores + (length + kLanes - 1) / kLanes * kLanes,
            -std::numeric_limits<float>::infinity());
  Floats top = load(scores);
  for (int64_t i = kLanes; i < length; i += kLanes) top = max(top, load(scores + i));
  const float highest = largest(top);
  Floats total = {};
  for (int64_t i = 0; i < length; i += kLanes) {
    Floats e = exp(load(scores + i) - highest);
    if (i + kLanes > length) {  // exp clamps; what lies beyond the row counts nothing
      for (int64_t j = length - i; j < kLanes; ++j) e[j] = 0;
    }
    store(scores + i, e);
    total += e;
  }
  return factor / sum(total);
}

// out = factor · Σ_i weights[i] · v_i, rows in order.
E2LM_INLINE inline void mix_values(const float* weights, const std::vector<Span>& path,
                                   int64_t length, int64_t width, float factor, float* out) {
  for (int64_t c = 0; c < width; c += kLanes) {
    const int64_t count = std::min(kLanes, width - c);
    Floats total = {};
    int64_t at = 0;
    for (const Span& span : path) {
      const int64_t rows = std::min(span.rows, length - at);
      for (int64_t i = 0; i < rows; ++i) {
        total += load(span.v + i * span.stride + c, count) * weights[at + i];
      }
      at += rows;
    }
    store(out + c, total * factor, count);
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
    std::vector<float> scores(segment.position + block.first + block.rows + kLanes);
    dispatch(isa_, [&]() E2LM_INLINE {
      for (int64_t i = block.first; i < block.first + block.rows; ++i) {
        const int64_t r = segment.first_row + i, length = segment.position + i + 1;
        for (int64_t h = kv_head * heads_per_kv; h < (kv_head + 1) * heads_per_kv; ++h) {
          score_keys(q.data + r * q.stride + h * width, path, length, width, key_scale,
                     scores.data());
          const float factor = exponentiate(scores.data(), length, scale);
          mix_values(scores.data(), path, length, width, factor,
                     out.data + r * out.stride + h * width);
        }
      }
    });
  });
}

}  // namespace e2lm::cpu
