#pragma once

// How the scan's blocks bring tiles [64, 64] into shared memory: 16 bytes at once where the shapes
// allow it, else value by value. Both move the same numbers.

#include "engine/cuda/kernel.cuh"
#include "engine/cuda/kernels.h"
#include "engine/cuda/warp_tile.cuh"

namespace e2lm::cuda::scan_tile {

constexpr int kThreads = 128;  // of a block: four warps of 16 rows
constexpr int kSlice = 64;     // columns of states and heads that a block works on at once

__device__ inline int thread() {
  return static_cast<int>(threadIdx.x);
}

template <class T>
constexpr int kStride = padded<T>(kSlice);

// Whether the columns of heads and states begin at multiples of 16 bytes, and are as many.
inline bool in_sixteens(const ScanRule& rule, const OperandRows& xbc) {
  constexpr int kGrain = 8;
  return rule.width % kGrain == 0 && rule.state_size % kGrain == 0 && xbc.stride % kGrain == 0 &&
         reinterpret_cast<uintptr_t>(xbc.data) % sizeof(uint4) == 0;
}

// dest [64, 64] = rows [first, first + rows) of xbc, columns [column, column + columns); the rest
// 0. Four vectors are on their way to a thread at once.
template <class T>
__device__ inline void load_tile(T* dest, const OperandRows& xbc, int64_t first, int rows,
                                 int column, int columns, bool sixteens) {
  const T* data = static_cast<const T*>(xbc.data) + first * xbc.stride + column;
  if (!sixteens) {
    for (int i = thread(); i < kTileRows * kSlice; i += kThreads) {
      const int row = i / kSlice, c = i % kSlice;
      const bool there = row < rows && c < columns;
      dest[row * kStride<T> + c] = there ? data[row * xbc.stride + c] : narrow<T>(0.0F);
    }
    return;
  }
  constexpr int kValues = sizeof(uint4) / sizeof(T), kPerRow = kSlice / kValues, kAtOnce = 4;
  for (int i = thread(); i < kTileRows * kPerRow; i += kAtOnce * kThreads) {
    uint4 parts[kAtOnce] = {};
#pragma unroll
    for (int turn = 0; turn < kAtOnce; ++turn) {
      const int at = i + turn * kThreads, row = at / kPerRow, c = at % kPerRow * kValues;
      if (row < rows && c < columns) parts[turn] = load_aligned<uint4>(data + row * xbc.stride + c);
    }
#pragma unroll
    for (int turn = 0; turn < kAtOnce; ++turn) {
      const int at = i + turn * kThreads, row = at / kPerRow, c = at % kPerRow * kValues;
      store_aligned(dest + row * kStride<T> + c, parts[turn]);
    }
  }
}

// dest [64, 64] = rows [n, n + 64) and columns [x, x + 64) of a state; the rest 0.
template <class T, int kCount>
__device__ inline void load_state(T* dest, const float* state, const ScanRule& rule, int n, int x) {
  constexpr int kPerRow = kSlice / kCount;
#pragma unroll 4
  for (int i = thread(); i < kSlice * kPerRow; i += kThreads) {
    const int row = i / kPerRow, c = i % kPerRow * kCount;
    Four value = {};
    if (n + row < rule.state_size && x + c < rule.width) {
      value = load_some<kCount>(state + static_cast<int64_t>(n + row) * rule.width + x + c);
    }
    store_some<kCount>(dest + row * kStride<T> + c, value);
  }
}

// dest [64, 64] = rows [first, first + rows) of xbc, columns [column, column + columns), each row
// times its weight; the rest 0.
template <class T, int kCount>
__device__ inline void load_weighted(T* dest, const OperandRows& xbc, int64_t first, int rows,
                                     int column, int columns, const float* weight) {
  constexpr int kPerRow = kSlice / kCount;
  const T* data = static_cast<const T*>(xbc.data) + first * xbc.stride + column;
#pragma unroll 4
  for (int i = thread(); i < kTileRows * kPerRow; i += kThreads) {
    const int row = i / kPerRow, c = i % kPerRow * kCount;
    Four value = {};
    if (row < rows && c < columns) value = load_some<kCount>(data + row * xbc.stride + c);
    for (int v = 0; v < kCount; ++v) value.v[v] *= weight[row];
    store_some<kCount>(dest + row * kStride<T> + c, value);
  }
}

}  // namespace e2lm::cuda::scan_tile
