#pragma once

// What the scan's kernels share: where states lie, and how tiles [64, 64] come into shared memory,
// 16 bytes at once where shapes and addresses allow it, which kernels for that are told as
// kAligned, else value by value. Both move the same numbers.

#include "engine/cuda/kernel.cuh"
#include "engine/cuda/kernels.h"
#include "engine/cuda/pipeline.cuh"
#include "engine/cuda/warp_tile.cuh"

namespace e2lm::cuda::scan_tile {

constexpr int kThreads = 128;  // of a block: four warps of 16 rows
constexpr int kWarpRows = 16;
constexpr int kSlice = 64;  // columns of states and heads that a block works on at once

__device__ inline int thread() {
  return static_cast<int>(threadIdx.x);
}

E2LM_BOTH inline int slices_of(int width) {
  return (width + kSlice - 1) / kSlice;
}

template <class T>
constexpr int kStride = padded<T>(kSlice);

template <class T>
using Tile = T[kTileRows * kStride<T>];

// The state [N, X] of a head.
__device__ inline float* state_at(const ScanRule& rule, StateRef ref, int head) {
  const int64_t size = static_cast<int64_t>(rule.state_size) * rule.width;
  float* base = ref >= 0 ? rule.layer_states : rule.kept_states;
  const int64_t entry = ref >= 0 ? ref : kept_index(ref);
  return base + (entry * rule.heads + head) * size;
}

// C·Bᵀ of a seen tile, as this lane of this warp has it in its sums: four values here and, for the
// next eight columns, a warp's fours further on.
__device__ inline float* products_at(const ScanRule& rule, int seen_tile, int group) {
  const int64_t tile = static_cast<int64_t>(seen_tile) * rule.groups + group;
  const int lane = thread() % kWarp, warp = thread() / kWarp;
  return rule.products + tile * kTileRows * kTileRows + warp * kWarpRows * kTileRows + 4 * lane;
}

// Whether the columns of heads and states begin at multiples of 16 bytes, and are as many.
inline bool in_sixteens(const ScanRule& rule, const OperandRows& xbc) {
  constexpr int kGrain = 8;
  return rule.width % kGrain == 0 && rule.state_size % kGrain == 0 && xbc.stride % kGrain == 0 &&
         reinterpret_cast<uintptr_t>(xbc.data) % sizeof(uint4) == 0;
}

// dest [64, 64] = rows [first, first + rows) of xbc, columns [column, column + columns); the rest
// 0. It has come as what send() sends has.
template <bool kAligned, class T>
__device__ inline void send_tile(T* dest, const OperandRows& xbc, int64_t first, int rows,
                                 int column, int columns) {
  const T* data = static_cast<const T*>(xbc.data) + first * xbc.stride + column;
  const int stride = stride_bytes<T>(xbc.stride);
  if constexpr (kAligned) {
    send_rows<kTileRows, kSlice, kThreads>(dest, kStride<T>, rows, columns,
                                           [&](int row) { return row_of(data, row, stride); });
  } else {
    for_each_piece<kTileRows, kSlice, 1, kThreads>([&](int row, int c) {
      const bool there = row < rows && c < columns;
      dest[row * kStride<T> + c] = there ? row_of(data, row, stride)[c] : narrow<T>(0.0F);
    });
  }
}

// dest [64, 64] = rows [n, n + 64) and columns [x, x + 64) of a state; the rest 0. All loads of a
// thread are on their way at once where they are of four values.
template <bool kAligned, class T>
__device__ inline void load_state(T* dest, const float* state, const ScanRule& rule, int n, int x) {
  constexpr int kCount = kAligned ? 4 : 1;
  const float* corner = state + static_cast<int64_t>(n) * rule.width + x;
  const int rows = rule.state_size - n, columns = rule.width - x;
  const auto load = [&](int row, int c) {
    return row < rows && c < columns ? load_some<kCount>(corner + row * rule.width + c) : Four{};
  };
  const auto store = [&](int row, int c, const Four& value) {
    store_some<kCount>(dest + row * kStride<T> + c, value);
  };
  if constexpr (kAligned) {
    Four values[kTileRows * kSlice / (kCount * kThreads)];
    int loaded = 0, stored = 0;
    for_each_piece<kTileRows, kSlice, kCount, kThreads>(
        [&](int row, int c) { values[loaded++] = load(row, c); });
    for_each_piece<kTileRows, kSlice, kCount, kThreads>(
        [&](int row, int c) { store(row, c, values[stored++]); });
  } else {
    for_each_piece<kTileRows, kSlice, kCount, kThreads>(
        [&](int row, int c) { store(row, c, load(row, c)); });
  }
}

// A thread's share of a tile [64, 64] whose rows get weights on their way to shared memory. All its
// loads are on their way at once, and before the weights are known.
template <bool kAligned, class T>
class WeightedTile {
 public:
  // Rows [first, first + rows) of xbc, columns [column, column + columns); the rest 0.
  __device__ void load(const OperandRows& xbc, int64_t first, int rows, int column, int columns) {
    const T* data = static_cast<const T*>(xbc.data) + first * xbc.stride + column;
    const int stride = stride_bytes<T>(xbc.stride);
    int next = 0;
    for_each_piece<kTileRows, kSlice, kCount, kThreads>([&](int row, int c) {
      Four value = {};
      if (row < rows && c < columns) value = load_some<kCount>(row_of(data, row, stride) + c);
      for (int v = 0; v < kCount; ++v) values_[next++] = value.v[v];
    });
  }

  __device__ void store(T* dest, const float* weight) const {
    int next = 0;
    for_each_piece<kTileRows, kSlice, kCount, kThreads>([&](int row, int c) {
      Four value = {};
      for (int v = 0; v < kCount; ++v) value.v[v] = values_[next++] * weight[row];
      store_some<kCount>(dest + row * kStride<T> + c, value);
    });
  }

 private:
  static constexpr int kCount = kAligned ? 4 : 1;
  float values_[kTileRows * kSlice / kThreads];
};

}  // namespace e2lm::cuda::scan_tile
