// What the attention reads: q, k and v of every row in one place, in the products' type, q and k
// turned by the row's position (RoFormer, arXiv:2104.09864, in the half-split layout of GPT-NeoX),
// so that tiles of them can be copied as they are. Then the rows that later waves see.

#include "engine/cuda/alignment.h"
#include "engine/cuda/kernel.cuh"
#include "engine/cuda/kernels.h"

namespace e2lm::cuda {
namespace {

constexpr int kThreads = 128;

struct Operands {
  const int32_t* positions;
  HeadRule rule;
  FloatRows q, k, v;
  OperandRows heads;
};

// Makes all keys of a row NaN and all its values 0.
template <class T>
__device__ inline void spoil(const HeadRule& rule, T* row) {
  const int32_t width = padded_head(rule.head_width), keys = rule.kv_heads * width;
  for (auto c = static_cast<int32_t>(threadIdx.x); c < keys;
       c += static_cast<int32_t>(blockDim.x)) {
    row[rule.query_heads * width + c] = narrow<T>(NAN);
    row[rule.query_heads * width + keys + c] = narrow<T>(0.0F);
  }
}

// One row a block; components i and i + P/2 of a head, kCount neighbours of each, a thread.
template <class T, int kCount>
__global__ void pack_rows(Operands o) {
  const auto r = static_cast<int32_t>(blockIdx.x);
  const int32_t half = o.rule.head_width / 2, per_head = half / kCount;
  const int32_t turned = o.rule.query_heads + o.rule.kv_heads, all = turned + o.rule.kv_heads;
  const float* cosine = o.rule.rotations + static_cast<int64_t>(o.positions[r]) * 2 * half;
  T* to = static_cast<T*>(o.heads.data) + r * o.heads.stride;
  bool finite = true;  // this thread's part of keys and values
  for (auto n = static_cast<int32_t>(threadIdx.x); n < all * per_head;
       n += static_cast<int32_t>(blockDim.x)) {
    const int32_t head = n / per_head, i = n % per_head * kCount;
    const FloatRows& from = head < o.rule.query_heads ? o.q : head < turned ? o.k : o.v;
    const int32_t before = head < o.rule.query_heads ? 0
                           : head < turned           ? o.rule.query_heads
                                                     : turned;
    const int32_t column = (head - before) * 2 * half + i;
    const float* row = from.data + r * from.stride;
    Four a = load_scaled<kCount>(row, from.scale, column);
    Four b = load_scaled<kCount>(row, from.scale, column + half);
    if (head < turned) {
      const Four c = load_some<kCount>(cosine + i), s = load_some<kCount>(cosine + half + i);
      for (int v = 0; v < kCount; ++v) {
        const float x = a.v[v], y = b.v[v];
        a.v[v] = x * c.v[v] - y * s.v[v];
        b.v[v] = y * c.v[v] + x * s.v[v];
      }
    }
    T* at = to + head * padded_head(o.rule.head_width) + i;
    store_some<kCount>(at, a);
    store_some<kCount>(at + half, b);
    for (int v = 0; v < kCount; ++v) {
      const bool both = stays_finite<T>(a.v[v]) && stays_finite<T>(b.v[v]);
      finite = finite && (both || head < o.rule.query_heads);
    }
  }
  if (__syncthreads_or(!finite)) spoil(o.rule, to);
}

// Keys and values lie side by side in the packed rows, as in the cache.
template <class T>
__global__ void cache_rows(const CachedRow* rows, int32_t first, int32_t width, OperandRows heads,
                           T* cache) {
  const CachedRow cached = rows[blockIdx.x];
  const T* from = static_cast<const T*>(heads.data) + cached.row * heads.stride + first;
  T* to = cache + static_cast<int64_t>(cached.position) * width;
  for (int c = static_cast<int>(threadIdx.x); c < width; c += static_cast<int>(blockDim.x)) {
    to[c] = from[c];
  }
}

}  // namespace

void pack_heads(const WaveRecords& wave, const HeadRule& rule, FloatRows q, FloatRows k,
                FloatRows v, OperandRows heads, Stream stream) {
  const bool fours = rule.head_width % 8 == 0 && in_fours(q) && in_fours(k) && in_fours(v);
  const auto kernel = heads.element == Element::float32
                          ? (fours ? pack_rows<float, 4> : pack_rows<float, 1>)
                          : (fours ? pack_rows<Bfloat16, 4> : pack_rows<Bfloat16, 1>);
  launch(kernel, "heads", Grid{static_cast<unsigned>(wave.rows)}, kThreads, 0, stream,
         Operands{wave.positions, rule, q, k, v, heads});
}

void cache_heads(const WaveRecords& wave, const HeadRule& rule, OperandRows heads, void* cache,
                 Stream stream) {
  const int32_t width = 2 * rule.kv_heads * padded_head(rule.head_width);
  const int32_t first = rule.query_heads * padded_head(rule.head_width);
  const Grid grid{static_cast<unsigned>(wave.cached_row_count)};
  if (heads.element == Element::float32) {
    launch(cache_rows<float>, "heads: cache", grid, kThreads, 0, stream, wave.cached_rows, first,
           width, heads, static_cast<float*>(cache));
  } else {
    launch(cache_rows<Bfloat16>, "heads: cache", grid, kThreads, 0, stream, wave.cached_rows, first,
           width, heads, static_cast<Bfloat16*>(cache));
  }
}

}  // namespace e2lm::cuda
