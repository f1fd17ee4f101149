// Attention over paths of the prefix tree: blocks of keys pass by a tile of rows, with the softmax
// carried along (Milakov & Gimelshein, arXiv:1805.02867; Dao, arXiv:2307.08691). A tile's keys are
// listed once for all its rows, root first; which of them a row sees is two comparisons, because
// rows are numbered depth first and a row's descendants are the range [row, until).
//
//   q [64, P] · k [keys, P]ᵀ → scores [64, keys] → weights · v [keys, P] → out [64, P]
//
// Where query heads share their keys, a block computes two heads: what it copies of the keys and
// values, and what its warps read of them, then serves both.
//
// Exponentials are powers of two of scores times log2(e), which hardware has an instruction for.

#include <cfloat>

#include "engine/cuda/kernel.cuh"
#include "engine/cuda/kernels.h"
#include "engine/cuda/pipeline.cuh"
#include "engine/cuda/warp_tile.cuh"

namespace e2lm::cuda {
namespace {

constexpr int kThreads = 128;  // four warps of 16 rows
constexpr int kWarpRows = 16;
static_assert(kThreads / kWarp * kWarpRows == kTileRows, "a block is a tile");

// Query heads of one key and value head that a block can compute. Float32 tiles of two do not fit
// the smallest card, and of the widest heads the sums are too many registers.
template <class T, int kWidth>
constexpr int kMostHeads = sizeof(T) == sizeof(Bfloat16) && kWidth <= 128 ? 2 : 1;

// Tiles must fit the shared memory of the smallest card, 64 KiB; those of bfloat16 and of heads
// wider than 128 that of the smallest one since compute capability 8.0, 99 KiB.
template <class T, int kWidth, int kHeads>
constexpr int block_keys() {
  constexpr bool kFloat32 = sizeof(T) == sizeof(float);
  if (kWidth > 128) return kFloat32 ? 8 : 16;
  if (kWidth > 64) return kFloat32 ? 16 : kHeads > 1 ? 32 : 64;
  return kFloat32 ? 32 : 64;
}

// Where keys are float32, there is no room for a second block on its way.
template <class T>
constexpr int kBuffers = sizeof(T) == sizeof(Bfloat16) ? 2 : 1;

template <class T, int kWidth, int kHeads>
struct Shared {
  static constexpr int kKeys = block_keys<T, kWidth, kHeads>(), kStride = padded<T>(kWidth);
  struct Block {
    T k[kKeys * kStride];
    T v[kKeys * kStride];
  };
  T q[kHeads][kTileRows * kStride];
  Block blocks[kBuffers<T>];
  KeyRecord keys[3][kKeys];  // of the block that is computed, the next, and the one after it
};

// Everything the kernel reads that is the same for all blocks.
struct Operands {
  WaveRecords wave;
  HeadRule rule;
  float scale;
  float log2_scale;  // exp(score / sqrt(P)) is 2 to the power of score times this
  OperandRows heads, out;
  const void* cache;
  bool in_pairs;  // whether two neighbours of out can be stored at once
};

// The query heads of a key and value head are computed by this many blocks.
template <int kHeads>
E2LM_BOTH inline int blocks_a_group(const HeadRule& rule) {
  return (rule.query_heads / rule.kv_heads + kHeads - 1) / kHeads;
}

// Those that block number y of a tile computes.
struct OwnHeads {
  int kv, first, count;
};
template <int kHeads>
__device__ inline OwnHeads own_heads(const HeadRule& rule, int y) {
  const int group = rule.query_heads / rule.kv_heads, blocks = blocks_a_group<kHeads>(rule);
  const int kv = y / blocks, first = y % blocks * kHeads;
  return {kv, kv * group + first, min(kHeads, group - first)};
}

template <class T, int kWidth, int kHeads>
class TileAttention {
 public:
  __device__ TileAttention(const Operands& o, Shared<T, kWidth, kHeads>& shared)
      : o_(o),
        s_(shared),
        tile_(o.wave.tiles[blockIdx.x]),
        own_(own_heads<kHeads>(o.rule, static_cast<int>(blockIdx.y))),
        width_(padded_head(o.rule.head_width)),
        warp_row_(static_cast<int>(threadIdx.x) / kWarp * kWarpRows),
        place_(lane_place()) {
#pragma unroll
    for (float(&highest)[2] : highest_) highest[0] = highest[1] = -FLT_MAX;
  }

  __device__ void run() {
    const int i = static_cast<int>(threadIdx.x);
    if (i < min(kKeys, tile_.keys)) s_.keys[0][i] = o_.wave.keys[tile_.first_key + i];
    send_queries();
    __syncthreads();
    const auto start = [this](int block, int buffer) { send_block(block, buffer); };
    const int blocks = (tile_.keys + kKeys - 1) / kKeys;
    Pipeline<kBuffers<T>, decltype(start)> pipeline(blocks, start);
    for (int block = 0; block < blocks; ++block) take(block, s_.blocks[pipeline.next()]);
    store();
  }

 private:
  using Block = typename Shared<T, kWidth, kHeads>::Block;
  static constexpr int kKeys = Shared<T, kWidth, kHeads>::kKeys;
  static constexpr int kStride = Shared<T, kWidth, kHeads>::kStride;
  using Scores = float[kKeys / 8][4];

  __device__ int count_of(int block) const {
    return min(kKeys, tile_.keys - block * kKeys);
  }

  // They come with the first block; zeros for a head that is not there.
  __device__ void send_queries() {
    const T* first = static_cast<const T*>(o_.heads.data) + tile_.first_row * o_.heads.stride +
                     own_.first * width_;
    const int stride = stride_bytes<T>(o_.heads.stride);
#pragma unroll
    for (int n = 0; n < kHeads; ++n) {
      const int rows = n < own_.count ? tile_.rows : 0;
      send_rows<kTileRows, kWidth, kThreads>(s_.q[n], kStride, rows, width_, [&](int row) {
        return row_of(first + n * width_, row, stride);
      });
    }
  }

  // A block's keys and values, whose records are there, and the records of the next.
  __device__ void send_block(int block, int buffer) {
    const KeyRecord* keys = s_.keys[block % 3];
    const T* cache = static_cast<const T*>(o_.cache) + own_.kv * width_;
    const T* rows = static_cast<const T*>(o_.heads.data) + (o_.rule.query_heads + own_.kv) * width_;
    const int values = o_.rule.kv_heads * width_;
    const int row_stride = stride_bytes<T>(o_.heads.stride);
    const int cache_stride = stride_bytes<T>(2 * values);
    Block& to = s_.blocks[buffer];
    const int count = count_of(block);
    constexpr int kValues = 16 / static_cast<int>(sizeof(T));
    for_each_piece<kKeys, kWidth, kValues, kThreads>([&](int key, int column) {
      const bool there = key < count && column < width_;
      const int row = key < count ? keys[key].row : 0;
      const T* from =
          row >= 0 ? row_of(rows, row, row_stride) : row_of(cache, cached_key(row), cache_stride);
      send<16>(to.k + key * kStride + column, from + column, there);
      send<16>(to.v + key * kStride + column, from + values + column, there);
    });
    const int i = static_cast<int>(threadIdx.x), next = (block + 1) * kKeys + i;
    if (i < kKeys && next < tile_.keys) {
      send<sizeof(KeyRecord)>(&s_.keys[(block + 1) % 3][i], o_.wave.keys + tile_.first_key + next,
                              true);
    }
  }

  __device__ void take(int block, const Block& at) {
    float scores[kHeads][kKeys / 8][4] = {};
    multiply_by_rows<kKeys>(scores, s_.q[0] + warp_row_ * kStride, kTileRows * kStride, kStride,
                            at.k, kStride, kWidth);
    if ((block + 1) * kKeys > tile_.common_keys) mask(scores, s_.keys[block % 3], count_of(block));
#pragma unroll
    for (int n = 0; n < kHeads; ++n) {
#pragma unroll
      for (int half = 0; half < 2; ++half) weigh(scores[n], n, half);
    }
    multiply_sums<kKeys, kWidth>(sums_, scores, at.v, kStride);
  }

  // Scores of keys that a row does not see become minus infinity.
  __device__ void mask(Scores (&scores)[kHeads], const KeyRecord* keys, int count) {
    const int row = tile_.first_row + warp_row_ + place_.row;
#pragma unroll
    for (int j = 0; j < kKeys / 8; ++j) {
#pragma unroll
      for (int side = 0; side < 2; ++side) {
        const int key = 8 * j + place_.column + side;
        const KeyRecord record = key < count ? keys[key] : KeyRecord{0, 0};
#pragma unroll
        for (int half = 0; half < 2; ++half) {
          const int own = row + 8 * half;
          if (own >= record.row && own < record.until) continue;
#pragma unroll
          for (int n = 0; n < kHeads; ++n) scores[n][j][2 * half + side] = -INFINITY;
        }
      }
    }
  }

  // Scores of one of the lane's rows, of head n, become softmax weights; what was summed before is
  // brought to their scale.
  __device__ void weigh(Scores& scores, int n, int half) {
    float top = -INFINITY;
#pragma unroll
    for (int j = 0; j < kKeys / 8; ++j) {
      top = fmaxf(top, fmaxf(scores[j][2 * half], scores[j][2 * half + 1]));
    }
    for (int step = 1; step < 4; step *= 2) {  // the four lanes that hold the row
      top = fmaxf(top, __shfl_xor_sync(kAllLanes, top, step));
    }
    const float base = fmaxf(highest_[n][half], top * o_.log2_scale);
    const float decay = power_of_two(highest_[n][half] - base);
    highest_[n][half] = base;
    total_[n][half] *= decay;
#pragma unroll
    for (int j = 0; j < kWidth / 8; ++j) {
      sums_[n][j][2 * half] *= decay;
      sums_[n][j][2 * half + 1] *= decay;
    }
#pragma unroll
    for (int j = 0; j < kKeys / 8; ++j) {
#pragma unroll
      for (int i = 2 * half; i < 2 * half + 2; ++i) {
        scores[j][i] = power_of_two(scores[j][i] * o_.log2_scale - base);
        total_[n][half] += scores[j][i];
      }
    }
  }

  __device__ void store() {
#pragma unroll
    for (int n = 0; n < kHeads; ++n) {
#pragma unroll
      for (int half = 0; half < 2; ++half) {
        if (n < own_.count) store(n, half);
      }
    }
  }

  __device__ void store(int n, int half) {
    const int head_width = o_.rule.head_width;
    float total = total_[n][half];
    for (int step = 1; step < 4; step *= 2) total += __shfl_xor_sync(kAllLanes, total, step);
    const int own = warp_row_ + place_.row + 8 * half;
    if (own >= tile_.rows) return;
    T* out = static_cast<T*>(o_.out.data) + (tile_.first_row + own) * o_.out.stride +
             (own_.first + n) * head_width;
    const float factor = o_.scale / total;
#pragma unroll
    for (int j = 0; j < kWidth / 8; ++j) {
      const int c = 8 * j + place_.column;
      const float left = sums_[n][j][2 * half] * factor, right = sums_[n][j][2 * half + 1] * factor;
      if (o_.in_pairs) {
        if (c < head_width) store_two(out + c, left, right);
      } else {
        if (c < head_width) out[c] = narrow<T>(left);
        if (c + 1 < head_width) out[c + 1] = narrow<T>(right);
      }
    }
  }

  const Operands& o_;
  Shared<T, kWidth, kHeads>& s_;
  const TileRecord tile_;
  const OwnHeads own_;
  const int width_, warp_row_;
  const LanePlace place_;
  float sums_[kHeads][kWidth / 8][4] = {};  // Σ weight · v, for this lane's rows
  // The highest score times log2_scale; finite also before there is one, so that differences from
  // it are numbers. It is kept as rounded, because a product that a multiply-add makes anew is not:
  // the decay would be 2^error where it should be 1, once for every block of keys.
  float highest_[kHeads][2];
  float total_[kHeads][2] = {};  // Σ weight over this lane's keys
};

// Registers allow four blocks a multiprocessor at widths up to 64, of two heads three.
template <class T, int kWidth, int kHeads>
__global__ void __launch_bounds__(kThreads, kWidth > 64  ? 1
                                            : kHeads > 1 ? 3
                                                         : 4) attend(Operands operands) {
  TileAttention<T, kWidth, kHeads>(operands, *dynamic_shared<Shared<T, kWidth, kHeads>>()).run();
}

template <class T, int kWidth, int kHeads>
void attend_tiles(const Operands& o, Stream stream) {
  const Grid grid{static_cast<unsigned>(o.wave.tile_count),
                  static_cast<unsigned>(o.rule.kv_heads * blocks_a_group<kHeads>(o.rule))};
  launch(attend<T, kWidth, kHeads>, "attention", grid, kThreads, sizeof(Shared<T, kWidth, kHeads>),
         stream, o);
}

template <class T, int kWidth>
void attend_by(const Operands& o, Stream stream) {
  if (o.rule.query_heads > o.rule.kv_heads) {
    attend_tiles<T, kWidth, kMostHeads<T, kWidth>>(o, stream);
  } else {
    attend_tiles<T, kWidth, 1>(o, stream);
  }
}

template <class T>
void attend_all(const Operands& o, Stream stream) {
  if (o.rule.head_width <= 32) {
    attend_by<T, 32>(o, stream);
  } else if (o.rule.head_width <= 64) {
    attend_by<T, 64>(o, stream);
  } else if (o.rule.head_width <= 128) {
    attend_by<T, 128>(o, stream);
  } else {
    attend_by<T, kWidestHead>(o, stream);
  }
}

}  // namespace

void attention(const WaveRecords& wave, const HeadRule& rule, float scale, OperandRows heads,
               const void* cache, OperandRows out, Stream stream) {
  const float log2_scale = kLog2E / sqrtf(static_cast<float>(rule.head_width));
  const auto pair_bytes = static_cast<uintptr_t>(2 * element_bytes(out.element));
  const bool in_pairs = rule.head_width % 2 == 0 && out.stride % 2 == 0 &&
                        reinterpret_cast<uintptr_t>(out.data) % pair_bytes == 0;
  const Operands operands{wave, rule, scale, log2_scale, heads, out, cache, in_pairs};
  if (out.element == Element::float32) {
    attend_all<float>(operands, stream);
  } else {
    attend_all<Bfloat16>(operands, stream);
  }
}

}  // namespace e2lm::cuda
