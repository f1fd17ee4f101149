#pragma once

// The sums of the scan that a block computes, for a tile of rows and up to two heads (see
// scan_outputs.cu for what they are):
//
//   sums[r] = exp(l[r])·C[r]·S0 + Σ_s exp(l[r] - l[s])·dt[s]·(C[r]·B[s])·x[s]         [64, 64]

#include "engine/cuda/kernel.cuh"
#include "engine/cuda/kernels.h"
#include "engine/cuda/pipeline.cuh"
#include "engine/cuda/scan_shared.cuh"
#include "engine/cuda/scan_tiles.cuh"
#include "engine/cuda/warp_tile.cuh"

namespace e2lm::cuda::scan_tile {

constexpr int kWeighed = 16;  // summed rows whose weights are in registers at once

// Blocks [tiles, heads and their columns]: blockIdx.x is a tile of the wave.
inline Grid sums_grid(const WaveRecords& wave, const ScanRule& rule) {
  const int group_heads = rule.heads / rule.groups;
  const int blocks = (group_heads + kHeadsPerBlock - 1) / kHeadsPerBlock * rule.groups;
  return {static_cast<unsigned>(wave.tile_count),
          static_cast<unsigned>(blocks * slices_of(rule.width))};
}

template <class T, bool kAligned>
class ScanSums {
 public:
  __device__ ScanSums(const WaveRecords& wave, const ScanRule& rule, const OperandRows& xbc,
                      SumsShared<T>& shared)
      : wave_(wave),
        rule_(rule),
        xbc_(xbc),
        s_(shared),
        tile_(wave.tiles[blockIdx.x]),
        start_(wave.units[tile_.unit].start),
        warp_row_(thread() / kWarp * kWarpRows),
        place_(lane_place()) {
    const int slices = slices_of(rule_.width);
    const int group_heads = rule_.heads / rule_.groups;
    const int blocks_per_group = (group_heads + kHeadsPerBlock - 1) / kHeadsPerBlock;
    const int block = static_cast<int>(blockIdx.y) / slices;
    group_ = block / blocks_per_group;
    x_ = static_cast<int>(blockIdx.y) % slices * kSlice;
    columns_ = min(kSlice, rule_.width - x_);
    head_ = group_ * group_heads + block % blocks_per_group * kHeadsPerBlock;
    heads_ = min(kHeadsPerBlock, (group_ + 1) * group_heads - head_);
  }

  __device__ void compute() {
    load_decays();
    if (start_ != kNoState) add_start();
    add_seen();
  }

  __device__ const TileRecord& tile() const { return tile_; }
  __device__ int first_column() const { return x_; }  // of each head
  __device__ int columns() const { return columns_; }
  __device__ int first_head() const { return head_; }
  __device__ int heads() const { return heads_; }

  // The sums of a head, given to take(row of the tile, column of the slice, sum there, sum in the
  // next column).
  template <class Take>
  __device__ void give(int head, const Take& take) const {
#pragma unroll
    for (int h = 0; h < kHeadsPerBlock; ++h) {
      if (h != head) continue;
#pragma unroll
      for (int j = 0; j < kSlice / 8; ++j) {
#pragma unroll
        for (int half = 0; half < 2; ++half) {
          take(warp_row_ + place_.row + 8 * half, 8 * j + place_.column, sums_[h][j][2 * half],
               sums_[h][j][2 * half + 1]);
        }
      }
    }
  }

 private:
  using Buffer = typename SumsShared<T>::Buffer;

  __device__ int rows_from(int first) const {
    return min(kTileRows, tile_.first_row + tile_.rows - first);
  }

  // l relative to that of the tile's first row: the differences taken later are small, so float32
  // holds them.
  __device__ double base(int h) const {
    return rule_.log_decay[static_cast<int64_t>(tile_.first_row) * rule_.heads + head_ + h];
  }

  __device__ void load_decays() {
    const int h = thread() / kTileRows, row = thread() % kTileRows;
    if (h >= heads_) return;
    const int64_t at = static_cast<int64_t>(tile_.first_row + row) * rule_.heads + head_ + h;
    s_.decay_here[h][row] =
        row < tile_.rows ? static_cast<float>(rule_.log_decay[at] - base(h)) * kLog2E : 0.0F;
  }

  // sums = exp(l)·C·S0, the states of as many heads at once as there are buffers besides C's.
  __device__ void add_start() {
    constexpr int kAtOnce = kBuffers<T> - 1;
    const int c_column = rule_.heads * rule_.width + (rule_.groups + group_) * rule_.state_size;
    const T* c = s_.buffers[0].tile + warp_row_ * kStride<T>;
    for (int n = 0; n < rule_.state_size; n += kSlice) {
#pragma unroll
      for (int first = 0; first < kHeadsPerBlock; first += kAtOnce) {
        if (first >= heads_) break;
        __syncthreads();  // what lay there has been used
        if (first == 0) {
          send_tile<kAligned>(s_.buffers[0].tile, xbc_, tile_.first_row, tile_.rows, c_column + n,
                              min(kSlice, rule_.state_size - n));
        }
        end_batch();
#pragma unroll
        for (int i = 0; i < kAtOnce; ++i) {
          if (first + i >= heads_) break;
          load_state<kAligned>(s_.buffers[1 + i].tile, state_at(rule_, start_, head_ + first + i),
                               rule_, n, x_);
        }
        wait_for_batches<0>();
        __syncthreads();
#pragma unroll
        for (int i = 0; i < kAtOnce; ++i) {
          if (first + i >= heads_) break;
          multiply_by_columns<kSlice>(sums_[first + i], c, kStride<T>, s_.buffers[1 + i].tile,
                                      kStride<T>, kSlice);
        }
      }
    }
    __syncthreads();  // the last states have been used
#pragma unroll
    for (int h = 0; h < kHeadsPerBlock; ++h) {
      if (h < heads_) decay_start(h);
    }
  }

  __device__ void decay_start(int h) {
    const int64_t first = static_cast<int64_t>(tile_.first_row) * rule_.heads + head_ + h;
#pragma unroll
    for (int half = 0; half < 2; ++half) {
      const int row = warp_row_ + place_.row + 8 * half;
      if (row >= tile_.rows) continue;
      const int64_t at = first + static_cast<int64_t>(row) * rule_.heads;
      const float decay = expf(static_cast<float>(rule_.log_decay[at]));
#pragma unroll
      for (int j = 0; j < kSlice / 8; ++j) {
        sums_[h][j][2 * half] *= decay;
        sums_[h][j][2 * half + 1] *= decay;
      }
    }
  }

  // ---- the rows that are summed ----

  // Every 64 of them with their C·Bᵀ, of which all heads of the group make their weights.
  __device__ void add_seen() {
    const int seen = seen_tiles(tile_);
    const auto start = [this](int step, int buffer) {
      // step / heads_ and step % heads_, of one or two
      send_head(tile_.first_seen + (step >> (heads_ - 1)) * kTileRows, step & (heads_ - 1),
                s_.buffers[buffer]);
    };
    Pipeline<kBuffers<T>, decltype(start)> pipeline(seen * heads_, start);
    for (int i = 0; i < seen; ++i) {
      float products[kSlice / 8][4];  // C·Bᵀ [16 of the tile, 64 summed rows]
      uint32_t descent_bits = 0;
      load_products(products, tile_.first_seen_tile + i);
#pragma unroll
      for (int h = 0; h < kHeadsPerBlock; ++h) {
        if (h >= heads_) break;
        const Buffer& buffer = s_.buffers[pipeline.next()];
        if (h == 0) {
          take_source(buffer.source);
          descent_bits = descents(tile_.first_seen + i * kTileRows);
        }
        add_rows(products, descent_bits, h, buffer.tile);
      }
    }
  }

  __device__ void load_products(float (&products)[kSlice / 8][4], int seen_tile) {
    const float* from = products_at(rule_, seen_tile, group_);
#pragma unroll
    for (int j = 0; j < kSlice / 8; ++j) {
      const Four four = load_four(from + j * 4 * kWarp);
#pragma unroll
      for (int i = 0; i < 4; ++i) products[j][i] = four.v[i];
    }
  }

  __device__ void send_head(int first, int h, Buffer& buffer) {
    if (h == 0) send_source(first, buffer.source);
    send_tile<kAligned>(buffer.tile, xbc_, first, rows_from(first), (head_ + h) * rule_.width + x_,
                        columns_);
  }

  __device__ void send_source(int first, Source& to) {
    const int h = thread() / kTileRows, row = thread() % kTileRows;
    const bool there = row < rows_from(first);
    const int64_t at = static_cast<int64_t>(there ? first + row : first);
    if (h < heads_) {
      const int64_t step = at * rule_.heads + head_ + h;
      send<sizeof(double)>(&to.log_decay[h][row], rule_.log_decay + step, there);
      send<sizeof(float)>(&to.log2_dt[h][row], rule_.log2_dt + step, there);
    }
    if (h == 0) send<sizeof(int32_t)>(&to.until[row], wave_.until + at, there);
  }

  __device__ void take_source(const Source& from) {
    const int h = thread() / kTileRows, row = thread() % kTileRows;
    if (h < heads_) {
      const float decay = static_cast<float>(from.log_decay[h][row] - base(h)) * kLog2E;
      s_.there[h][row] = decay - from.log2_dt[h][row];
    }
    if (h == 0) s_.until[row] = from.until[row];
    __syncthreads();
  }

  // Which of 64 summed rows the lane's two rows descend from: bit 4·j + i for what it has as
  // [j][i].
  __device__ uint32_t descents(int first) const {
    const int r = tile_.first_row + warp_row_ + place_.row;
    uint32_t bits = 0;
#pragma unroll
    for (int j = 0; j < kSlice / 8; ++j) {
      const int s = 8 * j + place_.column;
      const auto until = load_aligned<uint2>(&s_.until[s]);
#pragma unroll
      for (int i = 0; i < 4; ++i) {
        const int own = r + i / 2 * 8, end = static_cast<int>(i % 2 == 0 ? until.x : until.y);
        if (s + i % 2 <= own - first && own < end) bits |= 1U << (4 * j + i);
      }
    }
    return bits;
  }

  // sums += the weights exp(l[r] - l[s])·dt[s]·(C[r]·B[s]) where r descends from s, else 0, times
  // x.
  __device__ void add_rows(const float (&products)[kSlice / 8][4], uint32_t descents, int h,
                           const T* x) {
    const int own = warp_row_ + place_.row;
    const float here[2] = {s_.decay_here[h][own], s_.decay_here[h][own + 8]};
#pragma unroll
    for (int s = 0; s < kTileRows; s += kWeighed) {
      float weights[kWeighed / 8][4];
#pragma unroll
      for (int j = 0; j < kWeighed / 8; ++j) {
        weigh(weights[j], products[s / 8 + j], here, descents >> (4 * (s / 8 + j)),
              &s_.there[h][s + 8 * j + place_.column]);
      }
      multiply_sums<kWeighed, kSlice>(sums_[h], weights, x + s * kStride<T>, kStride<T>);
    }
  }

  // Of a summed row and the one after it for the lane's two rows. Differences of l are at most 0
  // where a row descends from the other; elsewhere they could overflow or be of a spoiled row, so
  // the choice is made before the power.
  __device__ void weigh(float (&weights)[4], const float (&products)[4], const float (&here)[2],
                        uint32_t descents, const float* summed) {
    const auto there = load_aligned<float2>(summed);
#pragma unroll
    for (int i = 0; i < 4; ++i) {
      const float power = here[i / 2] - (i % 2 == 0 ? there.x : there.y);
      weights[i] = products[i] * power_of_two(descents >> i & 1U ? power : -INFINITY);
    }
  }

  const WaveRecords& wave_;
  const ScanRule& rule_;
  const OperandRows& xbc_;
  SumsShared<T>& s_;
  const TileRecord tile_;
  const StateRef start_;
  const int warp_row_;
  const LanePlace place_;
  int group_;
  int x_, columns_;   // of each head: the slice [x_, x_ + columns_)
  int head_, heads_;  // heads [head_, head_ + heads_), of the group
  float sums_[kHeadsPerBlock][kSlice / 8][4] = {};
};

}  // namespace e2lm::cuda::scan_tile
