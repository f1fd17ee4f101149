// The scan's products C·Bᵀ, which all heads of a group share (see scan_outputs.cu): for every tile
// those of its rows with the rows of its unit that it sees. Rows that a row does not descend from
// are among them; who reads the products leaves these out.

#include "engine/cuda/kernel.cuh"
#include "engine/cuda/kernels.h"
#include "engine/cuda/pipeline.cuh"
#include "engine/cuda/scan_tiles.cuh"
#include "engine/cuda/warp_tile.cuh"

namespace e2lm::cuda {
namespace {

using scan_tile::kSlice;
using scan_tile::kStride;
using scan_tile::kThreads;
using scan_tile::kWarpRows;
using scan_tile::send_tile;
using scan_tile::slices_of;
using scan_tile::thread;
using scan_tile::Tile;

template <class T>
constexpr int kBuffers = sizeof(T) == sizeof(Bfloat16) ? 2 : 1;

template <class T>
struct Shared {
  struct Buffer {
    Tile<T> c, b;
  };
  Buffer buffers[kBuffers<T>];
};

// One seen tile a block: the blockIdx.y-th of tile blockIdx.x, for group blockIdx.z.
template <class T, bool kAligned>
__global__ void __launch_bounds__(kThreads)
    product_tiles(WaveRecords wave, ScanRule rule, OperandRows xbc) {
  Shared<T>& s = *dynamic_shared<Shared<T>>();
  const TileRecord tile = wave.tiles[blockIdx.x];
  const int seen = static_cast<int>(blockIdx.y), group = static_cast<int>(blockIdx.z);
  if (seen >= seen_tiles(tile)) return;
  const int first = tile.first_seen + seen * kTileRows;
  const int rows = min(kTileRows, tile.first_row + tile.rows - first);
  const int b_column = rule.heads * rule.width + group * rule.state_size;
  const int c_column = b_column + rule.groups * rule.state_size;
  const auto start = [&](int slice, int buffer) {
    const int n = slice * kSlice, columns = min(kSlice, rule.state_size - n);
    send_tile<kAligned>(s.buffers[buffer].c, xbc, tile.first_row, tile.rows, c_column + n, columns);
    send_tile<kAligned>(s.buffers[buffer].b, xbc, first, rows, b_column + n, columns);
  };
  const int slices = slices_of(rule.state_size);
  Pipeline<kBuffers<T>, decltype(start)> pipeline(slices, start);
  float products[kSlice / 8][4] = {};
  for (int slice = 0; slice < slices; ++slice) {
    const auto& buffer = s.buffers[pipeline.next()];
    multiply_by_rows<kSlice>(products, buffer.c + thread() / kWarp * kWarpRows * kStride<T>,
                             kStride<T>, buffer.b, kStride<T>, kSlice);
  }
  float* to = scan_tile::products_at(rule, tile.first_seen_tile + seen, group);
#pragma unroll
  for (int j = 0; j < kSlice / 8; ++j) {
    store_four(to + j * 4 * kWarp,
               {{products[j][0], products[j][1], products[j][2], products[j][3]}});
  }
}

template <class T>
void compute(const WaveRecords& wave, const ScanRule& rule, const OperandRows& xbc, Stream stream) {
  const Grid grid{static_cast<unsigned>(wave.tile_count), kMostSeenTiles,
                  static_cast<unsigned>(rule.groups)};
  const auto kernel =
      scan_tile::in_sixteens(rule, xbc) ? product_tiles<T, true> : product_tiles<T, false>;
  launch(kernel, "scan: products", grid, kThreads, sizeof(Shared<T>), stream, wave, rule, xbc);
}

}  // namespace

void scan_products(const WaveRecords& wave, const ScanRule& rule, OperandRows xbc, Stream stream) {
  xbc.element == Element::float32 ? compute<float>(wave, rule, xbc, stream)
                                  : compute<Bfloat16>(wave, rule, xbc, stream);
}

}  // namespace e2lm::cuda
