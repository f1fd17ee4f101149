#pragma once

// What a block of the scan's sums (scan_sums.cuh) has in shared memory.

#include "engine/cuda/kernels.h"
#include "engine/cuda/scan_tiles.cuh"

namespace e2lm::cuda::scan_tile {

constexpr int kHeadsPerBlock = 2;  // at most, that share what is read of C·Bᵀ

// Of the rows that are summed in a few steps, as they lie in memory.
struct Source {
  double log_decay[kHeadsPerBlock][kTileRows];
  float log2_dt[kHeadsPerBlock][kTileRows];
  int32_t until[kTileRows];
};

// Tiles that take turns: as many as leave room for other blocks.
template <class T>
constexpr int kBuffers = sizeof(T) == sizeof(Bfloat16) ? 3 : 2;

template <class T>
struct alignas(16) SumsShared {
  struct Buffer {
    Tile<T> tile;   // x of the rows that are summed; before, C or a state
    Source source;  // with the first head
  };
  Buffer buffers[kBuffers<T>];
  float decay_here[kHeadsPerBlock][kTileRows];  // l·log2(e) of the tile's rows, from its first's
  // Of the summed rows, likewise, less log2(dt).
  alignas(16) float there[kHeadsPerBlock][kTileRows];
  alignas(16) int32_t until[kTileRows];
};

}  // namespace e2lm::cuda::scan_tile
