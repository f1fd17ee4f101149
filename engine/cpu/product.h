#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <oneapi/dnnl/dnnl.hpp>
#include <utility>
#include <vector>

#include "engine/backend.h"

namespace e2lm::cpu {

// Products are computed in tiles of one fixed shape, kTileRows rows by a panel of outputs: a row's
// result then has the same bits in any batch, and a panel of weights stays in the cache while all
// row tiles pass over it.
constexpr int64_t kTileRows = 64;
constexpr int64_t kPanelOutputs = 256;

// oneDNN's matmul of [kTileRows, inputs] × [inputs, outputs] → [kTileRows, outputs],
// single-threaded.
class TileProduct {
 public:
  TileProduct(int64_t inputs, int64_t outputs);

  dnnl::memory pack(const float* weights) const;  // weights [outputs, inputs], row-major
  int64_t packed_bytes() const;
  int64_t scratch_bytes() const;

  // x dense [kTileRows, inputs] → out dense [kTileRows, outputs]. Safe from several threads with
  // scratch of their own.
  void run(const float* x, const dnnl::memory& weights, float* out, std::byte* scratch) const;

 private:
  dnnl::engine engine_;
  dnnl::memory::desc x_, weights_, out_, plain_weights_;
  dnnl::matmul::primitive_desc description_;
  dnnl::matmul primitive_;
};

// Tile products by shape; a model has few.
class ProductCache {
 public:
  const TileProduct& get(int64_t inputs, int64_t outputs);

 private:
  std::map<std::pair<int64_t, int64_t>, std::unique_ptr<TileProduct>> products_;
};

// A HostMatrix packed panel by panel.
class PackedMatrix final : public Matrix {
 public:
  struct Panel {
    int64_t first = 0;  // output
    int64_t outputs = 0;
    const TileProduct* product = nullptr;
    dnnl::memory weights;
  };

  PackedMatrix(const HostMatrix& host, ProductCache& products);

  int64_t bytes() const;

  std::vector<Panel> panels;
  std::vector<float> scale, bias;  // [outputs], or empty
};

// One tile's result as it leaves the product: acc [kTileRows, panel.outputs] of rows
// [first_row, first_row + rows) of x. Scale and bias are not applied yet.
struct ProductTile {
  const PackedMatrix::Panel& panel;
  int64_t panel_index;
  int64_t first_row;
  int64_t rows;
  const float* acc;
};

// Multiplies x [rows, inputs] (dense, readable up to the next multiple of kTileRows) by the matrix
// and hands every tile to `use`, on several threads. Each (tile, panel) comes exactly once.
void for_each_tile(int threads, int64_t rows, Rows x, const PackedMatrix& matrix,
                   const std::function<void(const ProductTile&)>& use);

}  // namespace e2lm::cpu
