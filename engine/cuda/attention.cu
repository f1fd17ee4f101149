// Attention over paths of the prefix tree: blocks of keys pass by a tile of rows, with the softmax
// carried along (Milakov & Gimelshein, arXiv:1805.02867; Dao, arXiv:2307.08691). A tile's keys are
// listed once for all its rows, root first; which of them a row sees is two comparisons, because
// rows are numbered depth first and a row's descendants are the range [row, until).
//
//   q [64, P] · k [keys, P]ᵀ → scores [64, keys] → weights · v [keys, P] → out [64, P]
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

// Tiles must fit the shared memory of the smallest card, 64 KiB; those of bfloat16 and of heads
// wider than 128 that of the smallest one since compute capability 8.0, 99 KiB.
template <class T, int kWidth>
constexpr int kBlockKeys = sizeof(T) == sizeof(Bfloat16) ? (kWidth > 128 ? 16 : 64)
                           : kWidth > 128                ? 8
                           : kWidth > 64                 ? 16
                                                         : 32;

// Where keys are float32, there is no room for a second block on its way.
template <class T>
constexpr int kBuffers = sizeof(T) == sizeof(Bfloat16) ? 2 : 1;

template <class T, int kWidth>
struct Shared {
  static constexpr int kKeys = kBlockKeys<T, kWidth>, kStride = padded<T>(kWidth);
  struct Block {
    T k[kKeys * kStride];
    T v[kKeys * kStride];
  };
  T q[kTileRows * kStride];
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

template <class T, int kWidth>
class TileAttention {
 public:
  __device__ TileAttention(const Operands& o, Shared<T, kWidth>& shared)
      : o_(o),
        s_(shared),
        tile_(o.wave.tiles[blockIdx.x]),
        head_(static_cast<int>(blockIdx.y)),
        kv_head_(head_ / (o.rule.query_heads / o.rule.kv_heads)),
        width_(padded_head(o.rule.head_width)),
        warp_row_(static_cast<int>(threadIdx.x) / kWarp * kWarpRows),
        place_(lane_place()) {}

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
  using Block = typename Shared<T, kWidth>::Block;
  static constexpr int kKeys = Shared<T, kWidth>::kKeys, kStride = Shared<T, kWidth>::kStride;

  __device__ int count_of(int block) const { return min(kKeys, tile_.keys - block * kKeys); }

  // They come with the first block.
  __device__ void send_queries() {
    const T* first =
        static_cast<const T*>(o_.heads.data) + tile_.first_row * o_.heads.stride + head_ * width_;
    const int stride = stride_bytes<T>(o_.heads.stride);
    send_rows<kTileRows, kWidth, kThreads>(s_.q, kStride, tile_.rows, width_,
                                           [&](int row) { return row_of(first, row, stride); });
  }

  // A block's keys and values, whose records are there, and the records of the next.
  __device__ void send_block(int block, int buffer) {
    const KeyRecord* keys = s_.keys[block % 3];
    const T* cache = static_cast<const T*>(o_.cache) + kv_head_ * width_;
    const T* rows =
        static_cast<const T*>(o_.heads.data) + (o_.rule.query_heads + kv_head_) * width_;
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
    float scores[kKeys / 8][4] = {};
    multiply_by_rows<kKeys>(scores, s_.q + warp_row_ * kStride, kStride, at.k, kStride, kWidth);
    if ((block + 1) * kKeys > tile_.common_keys) mask(scores, s_.keys[block % 3], count_of(block));
#pragma unroll
    for (int half = 0; half < 2; ++half) weigh(scores, half);
    multiply_sums<kKeys, kWidth>(sums_, scores, at.v, kStride);
  }

  // Scores of keys that a row does not see become minus infinity.
  __device__ void mask(float (&scores)[kKeys / 8][4], const KeyRecord* keys, int count) {
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
          if (own < record.row || own >= record.until) scores[j][2 * half + side] = -INFINITY;
        }
      }
    }
  }

  // Scores of one of the lane's rows become softmax weights; what was summed before is brought to
  // their scale.
  __device__ void weigh(float (&scores)[kKeys / 8][4], int half) {
    float top = -INFINITY;
#pragma unroll
    for (int j = 0; j < kKeys / 8; ++j) {
      top = fmaxf(top, fmaxf(scores[j][2 * half], scores[j][2 * half + 1]));
    }
    for (int step = 1; step < 4; step *= 2) {  // the four lanes that hold the row
      top = fmaxf(top, __shfl_xor_sync(kAllLanes, top, step));
    }
    const float base = fmaxf(highest_[half], top * o_.log2_scale);
    const float decay = power_of_two(highest_[half] - base);
    highest_[half] = base;
    total_[half] *= decay;
#pragma unroll
    for (int j = 0; j < kWidth / 8; ++j) {
      sums_[j][2 * half] *= decay;
      sums_[j][2 * half + 1] *= decay;
    }
#pragma unroll
    for (int j = 0; j < kKeys / 8; ++j) {
#pragma unroll
      for (int i = 2 * half; i < 2 * half + 2; ++i) {
        scores[j][i] = power_of_two(scores[j][i] * o_.log2_scale - base);
        total_[half] += scores[j][i];
      }
    }
  }

  __device__ void store() {
    const int head_width = o_.rule.head_width;
#pragma unroll
    for (int half = 0; half < 2; ++half) {
      float total = total_[half];
      for (int step = 1; step < 4; step *= 2) total += __shfl_xor_sync(kAllLanes, total, step);
      const int own = warp_row_ + place_.row + 8 * half;
      if (own >= tile_.rows) continue;
      T* out = static_cast<T*>(o_.out.data) + (tile_.first_row + own) * o_.out.stride +
               head_ * head_width;
      const float factor = o_.scale / total;
#pragma unroll
      for (int j = 0; j < kWidth / 8; ++j) {
        const int c = 8 * j + place_.column;
        const float left = sums_[j][2 * half] * factor, right = sums_[j][2 * half + 1] * factor;
        if (o_.in_pairs) {
          if (c < head_width) store_two(out + c, left, right);
        } else {
          if (c < head_width) out[c] = narrow<T>(left);
          if (c + 1 < head_width) out[c + 1] = narrow<T>(right);
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
  // The highest score times log2_scale; finite also before there is one, so that differences from
  // it are numbers. It is kept as rounded, because a product that a multiply-add makes anew is not:
  // the decay would be 2^error where it should be 1, once for every block of keys.
  float highest_[2] = {-FLT_MAX, -FLT_MAX};
  float total_[2] = {0, 0};  // Σ weight over this lane's keys
};

template <class T, int kWidth>
__global__ void __launch_bounds__(kThreads, kWidth > 64 ? 1 : 4) attend(Operands operands) {
  TileAttention<T, kWidth>(operands, *dynamic_shared<Shared<T, kWidth>>()).run();
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
