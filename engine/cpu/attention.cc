#include <algorithm>
#include <cmath>
#include <vector>

#include "base/parallel.h"
#include "engine/cpu/amx_attention.h"
#include "engine/cpu/cpu_backend.h"
#include "engine/cpu/vector_attention.h"

namespace e2lm::cpu {
namespace {

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
  const int64_t stride = round_up(width, kLanes);  // of a query's sums

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
    sums.resize((block.rows * heads_per_kv + kAmxRows) * stride);
    std::vector<Query> queries;
    for (int64_t i = block.first; i < block.first + block.rows; ++i) {
      const int64_t r = segment.first_row + i;
      for (int64_t h = kv_head * heads_per_kv; h < (kv_head + 1) * heads_per_kv; ++h) {
        queries.push_back({.q = q.data + r * q.stride + h * width,
                           .out = sums.data() + std::ssize(queries) * stride,
                           .keys = segment.position + i + 1});
      }
    }
    return queries;
  };

  const auto store_rows = [&](const RowBlock& block, int64_t kv_head,
                              std::span<const Query> queries) {
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
  };

  const auto attend_piece = [&](auto attention, int64_t first_block, int64_t kv_head) {
    const int64_t count = std::min(kBlocksPerPiece, std::ssize(blocks_) - first_block);
    std::vector<float> sums;
    for (const RowBlock& block : std::span(blocks_).subspan(first_block, count)) {
      std::vector<Query> queries = queries_of(block, kv_head, sums);
      attention.attend(path_to(block.segment, kv_head), queries);
      store_rows(block, kv_head, queries);
    }
  };
  const float key_scale = 1.0F / std::sqrt(static_cast<float>(width));
  const int64_t groups = (std::ssize(blocks_) + kBlocksPerPiece - 1) / kBlocksPerPiece;
  parallel_for(threads_, groups * kv_heads, 1, [&](int64_t piece, int64_t) {
    const int64_t first_block = piece / kv_heads * kBlocksPerPiece, kv_head = piece % kv_heads;
    if (amx_) {
      attend_piece(AmxAttention(isa_, width, key_scale), first_block, kv_head);
    } else {
      attend_piece(VectorAttention(isa_, width, key_scale), first_block, kv_head);
    }
  });
}

}  // namespace e2lm::cpu
