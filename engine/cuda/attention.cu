// Attention over paths of the prefix tree: blocks of keys pass by a tile of rows, with the softmax
// carried along (Milakov & Gimelshein, arXiv:1805.02867; Dao, arXiv:2307.08691). A tile's keys are
// listed once for all its rows, root first; which of them a row sees is two comparisons, because
// rows are numbered depth first and a row's descendants are the range [row, until).
//
//   q [64, P] · k [keys, P]ᵀ → scores [64, keys] → weights · v [keys, P] → out [64, P]

#include "engine/cuda/kernel.cuh"
#include "engine/cuda/kernels.h"
#include "engine/cuda/warp_tile.cuh"

namespace e2lm::cuda {
namespace {

constexpr int kThreads = 128;  // four warps of 16 rows
constexpr int kWarpRows = 16;
static_assert(kThreads / kWarp * kWarpRows == kTileRows, "a block is a tile");

// Tiles must fit the shared memory of the smallest card; heads wider than 128, which are in
// float32 twice 64 KiB, that of the smallest one since compute capability 8.0 (99 KiB).
template <class T, int kWidth>
constexpr int kBlockKeys = sizeof(T) == sizeof(Bfloat16) ? 64
                           : kWidth > 128                ? 16
                                                         : 32;

template <class T, int kWidth>
struct Shared {
  static constexpr int kKeys = kBlockKeys<T, kWidth>;
  static constexpr int kStride = padded<T>(kWidth), kWeightStride = padded<T>(kKeys);
  T q[kTileRows * kStride];
  T kv[kKeys * kStride];  // keys, then values, of one block
  T weights[kTileRows * kWeightStride];
  KeyRecord keys[kKeys];
};

// Everything the kernel reads that is the same for all blocks.
struct Operands {
  WaveRecords wave;
  AttentionRule rule;
  FloatRows q, k, v;
  OperandRows out;
  bool in_fours;  // four neighbouring columns can be moved at once
};

template <class T, int kWidth>
class TileAttention {
 public:
  __device__ TileAttention(const Operands& o, Shared<T, kWidth>& shared)
      : o_(o),
        s_(shared),
        tile_(o.wave.tiles[blockIdx.x]),
        head_(static_cast<int>(blockIdx.y)),
        kv_head_(head_ / (o.rule.query_heads / o.rule.kv_heads)),
        width_(o.rule.head_width),
        warp_row_(static_cast<int>(threadIdx.x) / kWarp * kWarpRows),
        place_(lane_place()) {}

  __device__ void run() {
    o_.in_fours ? load_queries<4>() : load_queries<1>();
    for (int first = 0; first < tile_.keys; first += kKeys) {
      const int count = min(kKeys, tile_.keys - first);
      __syncthreads();  // the last block's values have been used
      load_records(first, count);
      __syncthreads();
      load_keys(o_.k, 0, count);
      __syncthreads();
      weigh(count);
      __syncthreads();
      load_keys(o_.v, o_.k.width, count);
      __syncthreads();
      multiply_by_columns<kWidth>(sums_, s_.weights + warp_row_ * Shared<T, kWidth>::kWeightStride,
                                  Shared<T, kWidth>::kWeightStride, s_.kv,
                                  Shared<T, kWidth>::kStride, kKeys);
    }
    store();
  }

 private:
  static constexpr int kKeys = Shared<T, kWidth>::kKeys;

  template <int kCount>
  __device__ void load_queries() {
    constexpr int kPerRow = kWidth / kCount;
#pragma unroll 4
    for (int i = static_cast<int>(threadIdx.x); i < kTileRows * kPerRow; i += kThreads) {
      const int row = i / kPerRow, c = i % kPerRow * kCount;
      Four value = {};
      if (row < tile_.rows && c < width_) {
        value = load_scaled<kCount>(o_.q.data + (tile_.first_row + row) * o_.q.stride, o_.q.scale,
                                    head_ * width_ + c);
      }
      store_some<kCount>(s_.q + row * Shared<T, kWidth>::kStride + c, value);
    }
  }

  __device__ void load_records(int first, int count) {
    const int i = static_cast<int>(threadIdx.x);
    if (i < count) s_.keys[i] = o_.wave.keys[tile_.first_key + first + i];
  }

  // Keys or values: from rows of the wave, or from the cache, whose rows hold them from
  // `cache_column` on.
  __device__ void load_keys(const FloatRows& rows, int cache_column, int count) {
    o_.in_fours ? load_keys<4>(rows, cache_column, count) : load_keys<1>(rows, cache_column, count);
  }

  template <int kCount>
  __device__ void load_keys(const FloatRows& rows, int cache_column, int count) {
    constexpr int kPerRow = kWidth / kCount;
    const T* cache = static_cast<const T*>(o_.rule.cache) + cache_column;
    const int cache_stride = o_.k.width + o_.v.width;
#pragma unroll 4
    for (int i = static_cast<int>(threadIdx.x); i < kKeys * kPerRow; i += kThreads) {
      const int key = i / kPerRow, c = i % kPerRow * kCount, column = kv_head_ * width_ + c;
      Four value = {};
      if (key < count && c < width_) {
        const int row = s_.keys[key].row;
        value = row >= 0
                    ? load_scaled<kCount>(rows.data + row * rows.stride, rows.scale, column)
                    : load_some<kCount>(
                          cache + static_cast<int64_t>(cached_key(row)) * cache_stride + column);
      }
      store_some<kCount>(s_.kv + key * Shared<T, kWidth>::kStride + c, value);
    }
  }

  __device__ bool sees(int row, int key, int count) const {
    return key < count && s_.keys[key].row <= row && row < s_.keys[key].until;
  }

  // Scores of the block become softmax weights; what was summed before is brought to their scale.
  __device__ void weigh(int count) {
    constexpr int kColumns = kKeys, kStride = Shared<T, kWidth>::kStride;
    float scores[kColumns / 8][4] = {};
    multiply_by_rows<kColumns>(scores, s_.q + warp_row_ * kStride, kStride, s_.kv, kStride, kWidth);
    const float key_scale = 1.0F / sqrtf(static_cast<float>(width_));
#pragma unroll
    for (int half = 0; half < 2; ++half) {
      const int own = warp_row_ + place_.row + 8 * half, row = tile_.first_row + own;
      float top = highest_[half];
#pragma unroll
      for (int j = 0; j < kColumns / 8; ++j) {
#pragma unroll
        for (int i = 2 * half; i < 2 * half + 2; ++i) {
          const int key = 8 * j + place_.column + i % 2;
          scores[j][i] = sees(row, key, count) ? scores[j][i] * key_scale : -INFINITY;
          top = fmaxf(top, scores[j][i]);
        }
      }
      for (int step = 1; step < 4; step *= 2) {  // the four lanes that hold the row
        top = fmaxf(top, __shfl_xor_sync(kAllLanes, top, step));
      }
      const float decay = top == -INFINITY ? 0.0F : expf(highest_[half] - top);
      highest_[half] = top;
      total_[half] *= decay;
#pragma unroll
      for (int j = 0; j < kWidth / 8; ++j) {
        sums_[j][2 * half] *= decay;
        sums_[j][2 * half + 1] *= decay;
      }
#pragma unroll
      for (int j = 0; j < kColumns / 8; ++j) {
#pragma unroll
        for (int i = 2 * half; i < 2 * half + 2; ++i) {
          const float weight = scores[j][i] == -INFINITY ? 0.0F : expf(scores[j][i] - top);
          total_[half] += weight;
          s_.weights[own * Shared<T, kWidth>::kWeightStride + 8 * j + place_.column + i % 2] =
              narrow<T>(weight);
        }
      }
    }
    __syncwarp();  // a warp reads what its own lanes wrote
  }

  __device__ void store() {
#pragma unroll
    for (int half = 0; half < 2; ++half) {
      float total = total_[half];
      for (int step = 1; step < 4; step *= 2) total += __shfl_xor_sync(kAllLanes, total, step);
      const int own = warp_row_ + place_.row + 8 * half;
      if (own >= tile_.rows) continue;
      T* out =
          static_cast<T*>(o_.out.data) + (tile_.first_row + own) * o_.out.stride + head_ * width_;
      const float factor = o_.rule.scale / total;
#pragma unroll
      for (int j = 0; j < kWidth / 8; ++j) {
#pragma unroll
        for (int i = 0; i < 2; ++i) {
          const int c = 8 * j + place_.column + i;
          if (c < width_) out[c] = narrow<T>(sums_[j][2 * half + i] * factor);
        }
      }
    }
  }

  const Operands& o_;
  Shared<T, kWidth>& s_;
  const TileRecord tile_;
  const int head_, kv_head_, width_, warp_row_;
  const LanePlace place_;
  float sums_[kWidth / 8][4] = {};  // Σ weight · v, for this lane's rows
  float highest_[2] = {-INFINITY, -INFINITY};
  float total_[2] = {0, 0};  // Σ weight over this lane's keys
};

template <class T, int kWidth>
__global__ void __launch_bounds__(kThreads) attend(Operands operands) {
  TileAttention<T, kWidth>(operands, *dynamic_shared<Shared<T, kWidth>>()).run();
}

template <class T>
__global__ void cache_keys(Operands o) {
  const CachedRow cached = o.wave.cached_rows[blockIdx.x];
  const int width = o.k.width;
  T* to = static_cast<T*>(o.rule.cache) + static_cast<int64_t>(cached.position) * 2 * width;
  for (int c = static_cast<int>(threadIdx.x); c < width; c += static_cast<int>(blockDim.x)) {
    const float k = o.k.data[cached.row * o.k.stride + c] * (o.k.scale ? o.k.scale[c] : 1.0F);
    const float v = o.v.data[cached.row * o.v.stride + c] * (o.v.scale ? o.v.scale[c] : 1.0F);
    to[c] = narrow<T>(k);
    to[width + c] = narrow<T>(v);
  }
}

template <class T, int kWidth>
void attend_tiles(const Operands& o, Stream stream) {
  const Grid grid{static_cast<unsigned>(o.wave.tile_count),
                  static_cast<unsigned>(o.rule.query_heads)};
  launch(attend<T, kWidth>, "attention", grid, kThreads, sizeof(Shared<T, kWidth>), stream, o);
}

template <class T>
void attend_all(const Operands& o, Stream stream) {
  if (o.rule.head_width <= 32) {
    attend_tiles<T, 32>(o, stream);
  } else if (o.rule.head_width <= 64) {
    attend_tiles<T, 64>(o, stream);
  } else if (o.rule.head_width <= 128) {
    attend_tiles<T, 128>(o, stream);
  } else {
    attend_tiles<T, kWidestHead>(o, stream);
  }
  // After all tiles have read the cache: a new path may overwrite the old one's positions.
  launch(cache_keys<T>, "attention: cache", Grid{static_cast<unsigned>(o.wave.cached_row_count)},
         kThreads, 0, stream, o);
}

bool in_fours(const AttentionRule& rule, const FloatRows& rows) {
  const auto address = [](const void* data) { return reinterpret_cast<uintptr_t>(data); };
  return rule.head_width % 4 == 0 && rows.stride % 4 == 0 &&
         address(rows.data) % sizeof(float4) == 0 && address(rows.scale) % sizeof(float4) == 0;
}

}  // namespace

void attention(const WaveRecords& wave, const AttentionRule& rule, FloatRows q, FloatRows k,
               FloatRows v, OperandRows out, Stream stream) {
  const bool fours = in_fours(rule, q) && in_fours(rule, k) && in_fours(rule, v) &&
                     reinterpret_cast<uintptr_t>(rule.cache) % sizeof(float4) == 0;
  const Operands operands{wave, rule, q, k, v, out, fours};
  if (out.element == Element::float32) {
    attend_all<float>(operands, stream);
  } else {
    attend_all<Bfloat16>(operands, stream);
  }
}

}  // namespace e2lm::cuda
