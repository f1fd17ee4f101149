#pragma once

// The sums of the scan that a block computes, for a tile of rows and up to two heads (see
// scan_outputs.cu for what they are):
//
//   sums[r] = exp(l[r])·C[r]·S0 + Σ_s exp(l[r] - l[s])·dt[s]·(C[r]·B[s])·x[s]         [64, 64]

#include "engine/cuda/kernel.cuh"
#include "engine/cuda/kernels.h"
#include "engine/cuda/pipeline.cuh"
#include "engine/cuda/scan_tiles.cuh"
#include "engine/cuda/warp_tile.cuh"

namespace e2lm::cuda::scan_tile {

constexpr int kHeadsPerBlock = 2;  // that share C·Bᵀ
constexpr int kWeighed = 16;       // summed rows whose weights are in registers at once

// Of the rows that are summed in a few steps, as they lie in memory.
struct Source {
  double log_decay[kHeadsPerBlock][kTileRows];
  float dt[kHeadsPerBlock][kTileRows];
  int32_t until[kTileRows];
};

// Three tiles take turns where they are small.
template <class T>
constexpr int kBuffers = sizeof(T) == sizeof(Bfloat16) ? 3 : 1;

// C of the tile lies behind it: the slice that is worked on, or all of them one after another.
template <class T>
struct alignas(16) SumsShared {
  struct Buffer {
    Tile<T> tile;   // B or x of the rows that are summed; before, the state
    Source source;  // with the first tile of these rows
  };
  Buffer buffers[kBuffers<T>];
  float decay_here[kHeadsPerBlock][kTileRows];   // l·log2(e) of the tile's rows, from its first's
  float decay_there[kHeadsPerBlock][kTileRows];  // of the summed rows, likewise
  float dt[kHeadsPerBlock][kTileRows];
  int32_t until[kTileRows];
};

// Whether all of C stays: where three blocks of its slices fit the larger cards, and one the
// smallest since compute capability 8.0.
template <class T>
bool c_stays(const ScanRule& rule) {
  constexpr int kMostSlices = 4;
  const int slices = slices_of(rule.state_size);
  return slices == 1 || (sizeof(T) == sizeof(Bfloat16) && slices <= kMostSlices);
}

template <class T>
size_t sums_shared_bytes(const ScanRule& rule) {
  const int slices = c_stays<T>(rule) ? slices_of(rule.state_size) : 1;
  return sizeof(SumsShared<T>) + slices * sizeof(Tile<T>);
}

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
                      bool c_stays, SumsShared<T>& shared)
      : wave_(wave),
        rule_(rule),
        xbc_(xbc),
        c_stays_(c_stays),
        s_(shared),
        c_(reinterpret_cast<T*>(&shared + 1)),
        tile_(wave.tiles[blockIdx.x]),
        start_(wave.units[tile_.unit].start),
        warp_row_(thread() / kWarp * kWarpRows),
        place_(lane_place()),
        state_slices_(slices_of(rule_.state_size)) {
    const int slices = slices_of(rule_.width);
    const int group_heads = rule_.heads / rule_.groups;
    const int blocks_per_group = (group_heads + kHeadsPerBlock - 1) / kHeadsPerBlock;
    const int block = static_cast<int>(blockIdx.y) / slices;
    const int group = block / blocks_per_group;
    x_ = static_cast<int>(blockIdx.y) % slices * kSlice;
    columns_ = min(kSlice, rule_.width - x_);
    head_ = group * group_heads + block % blocks_per_group * kHeadsPerBlock;
    heads_ = min(kHeadsPerBlock, (group + 1) * group_heads - head_);
    b_column_ = rule_.heads * rule_.width + group * rule_.state_size;
    c_column_ = b_column_ + rule_.groups * rule_.state_size;
  }

  __device__ void compute() {
    for (int slice = 0; c_stays_ && slice < state_slices_; ++slice) send_c(slice);
    end_batch();
    load_decays();
    if (start_ != kNoState) add_start();
    add_seen();
  }

  __device__ const TileRecord& tile() const { return tile_; }
  __device__ int first_column() const { return x_; }  // of each head
  __device__ int columns() const { return columns_; }
  __device__ int first_head() const { return head_; }
  __device__ int heads() const { return heads_; }

  // The sums of a head, given to take(row of the tile, column of the slice, sum).
  template <class Take>
  __device__ void give(int head, const Take& take) const {
#pragma unroll
    for (int h = 0; h < kHeadsPerBlock; ++h) {
      if (h != head) continue;
#pragma unroll
      for (int j = 0; j < kSlice / 8; ++j) {
#pragma unroll
        for (int i = 0; i < 4; ++i) {
          take(warp_row_ + place_.row + i / 2 * 8, 8 * j + place_.column + i % 2, sums_[h][j][i]);
        }
      }
    }
  }

 private:
  using Buffer = typename SumsShared<T>::Buffer;

  __device__ int rows_from(int first) const {
    return min(kTileRows, tile_.first_row + tile_.rows - first);
  }
  __device__ int state_columns(int slice) const {
    return min(kSlice, rule_.state_size - slice * kSlice);
  }

  // ---- what the tile's own rows need ----

  __device__ T* place_of_c(int slice) const {
    return c_ + (c_stays_ ? slice * static_cast<int>(sizeof(Tile<T>) / sizeof(T)) : 0);
  }

  __device__ void send_c(int slice) {
    send_tile<kAligned>(place_of_c(slice), xbc_, tile_.first_row, tile_.rows,
                        c_column_ + slice * kSlice, state_columns(slice));
  }

  // C of a slice, brought now where not all of it is there.
  __device__ const T* c_of(int slice) {
    if (!c_stays_) {
      __syncthreads();  // the last slice has been used
      send_c(slice);
      end_batch();
      wait_for_batches<0>();
      __syncthreads();
    }
    return place_of_c(slice);
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

  // sums = exp(l)·C·S0
  __device__ void add_start() {
    for (int slice = 0, turn = 0; slice < state_slices_; ++slice) {
#pragma unroll
      for (int h = 0; h < kHeadsPerBlock; ++h, ++turn) {
        if (h >= heads_) break;
        T* tile = s_.buffers[turn % kBuffers<T>].tile;
        if constexpr (kBuffers<T> == 1) __syncthreads();  // the last state has been used
        const float* state = state_at(rule_, start_, head_ + h);
        load_state<kAligned>(tile, state, rule_, slice * kSlice, x_);
        wait_for_batches<0>();  // C
        __syncthreads();
        const T* c = h == 0 ? c_of(slice) : place_of_c(slice);
        multiply_by_columns<kSlice>(sums_[h], c + warp_row_ * kStride<T>, kStride<T>, tile,
                                    kStride<T>, kSlice);
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

  // For every 64 of them C·Bᵀ from slices of B, then from that their part of the sums.
  __device__ void add_seen() {
    const int end = tile_.first_row + tile_.rows, parts = state_slices_ + heads_;
    const auto start = [this, parts](int step, int buffer) {
      send_part(tile_.first_seen + step / parts * kTileRows, step % parts, s_.buffers[buffer]);
    };
    const int steps = (end - tile_.first_seen + kTileRows - 1) / kTileRows * parts;
    Pipeline<kBuffers<T>, decltype(start)> pipeline(steps, start);
    for (int first = tile_.first_seen; first < end; first += kTileRows) {
      float products[kSlice / 8][4] = {};  // C·Bᵀ [16 of the tile, 64 summed rows]
      for (int slice = 0; slice < state_slices_; ++slice) {
        const Buffer& buffer = s_.buffers[pipeline.next()];
        if (slice == 0) take_source(buffer.source);
        multiply_by_rows<kSlice>(products, c_of(slice) + warp_row_ * kStride<T>, kStride<T>,
                                 buffer.tile, kStride<T>, kSlice);
      }
#pragma unroll
      for (int h = 0; h < kHeadsPerBlock; ++h) {
        if (h < heads_) add_rows(products, first, h, s_.buffers[pipeline.next()].tile);
      }
    }
  }

  // The slices of B come first, then x of each head.
  __device__ void send_part(int first, int part, Buffer& buffer) {
    if (part == 0) send_source(first, buffer.source);
    const bool state = part < state_slices_;
    const int column =
        state ? b_column_ + part * kSlice : (head_ + part - state_slices_) * rule_.width + x_;
    send_tile<kAligned>(buffer.tile, xbc_, first, rows_from(first), column,
                        state ? state_columns(part) : columns_);
  }

  __device__ void send_source(int first, Source& to) {
    const int h = thread() / kTileRows, row = thread() % kTileRows;
    const bool there = row < rows_from(first);
    const int64_t at = static_cast<int64_t>(there ? first + row : first);
    if (h < heads_) {
      const int64_t step = at * rule_.heads + head_ + h;
      send<sizeof(double)>(&to.log_decay[h][row], rule_.log_decay + step, there);
      send<sizeof(float)>(&to.dt[h][row], rule_.dt + step, there);
    }
    if (h == 0) send<sizeof(int32_t)>(&to.until[row], wave_.until + at, there);
  }

  // They are used from the next step on.
  __device__ void take_source(const Source& from) {
    const int h = thread() / kTileRows, row = thread() % kTileRows;
    if (h < heads_) {
      s_.decay_there[h][row] = static_cast<float>(from.log_decay[h][row] - base(h)) * kLog2E;
      s_.dt[h][row] = from.dt[h][row];
    }
    if (h == 0) s_.until[row] = from.until[row];
  }

  // sums += the weights exp(l[r] - l[s])·dt[s]·(C[r]·B[s]) where r descends from s, else 0, times
  // x.
  __device__ void add_rows(const float (&products)[kSlice / 8][4], int first, int h, const T* x) {
    const int own = warp_row_ + place_.row;
    const float here[2] = {s_.decay_here[h][own], s_.decay_here[h][own + 8]};
#pragma unroll
    for (int s = 0; s < kTileRows; s += kWeighed) {
      float weights[kWeighed / 8][4];
#pragma unroll
      for (int j = 0; j < kWeighed / 8; ++j) {
        weigh(weights[j], products[s / 8 + j], here, first, h, s + 8 * j + place_.column);
      }
      multiply_sums<kWeighed, kSlice>(sums_[h], weights, x + s * kStride<T>, kStride<T>);
    }
  }

  // Of summed rows s and s + 1 for the lane's two rows.
  __device__ void weigh(float (&weights)[4], const float (&products)[4], const float (&here)[2],
                        int first, int h, int s) {
#pragma unroll
    for (int i = 0; i < 4; ++i) {
      const int r = tile_.first_row + warp_row_ + place_.row + i / 2 * 8, at = s + i % 2;
      const bool below = first + at <= r && r < s_.until[at];
      const float decay = exp2f(fminf(here[i / 2] - s_.decay_there[h][at], 0.0F));
      weights[i] = below ? products[i] * s_.dt[h][at] * decay : 0.0F;
    }
  }

  const WaveRecords& wave_;
  const ScanRule& rule_;
  const OperandRows& xbc_;
  const bool c_stays_;  // all of C is in shared memory
  SumsShared<T>& s_;
  T* const c_;
  const TileRecord tile_;
  const StateRef start_;
  const int warp_row_;
  const LanePlace place_;
  const int state_slices_;
  int x_, columns_;          // of each head: the slice [x_, x_ + columns_)
  int head_, heads_;         // heads [head_, head_ + heads_), of one group
  int b_column_, c_column_;  // of the group, in xbc
  float sums_[kHeadsPerBlock][kSlice / 8][4] = {};
};

}  // namespace e2lm::cuda::scan_tile
