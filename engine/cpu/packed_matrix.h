#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <oneapi/dnnl/dnnl.hpp>
#include <utility>
#include <vector>

#include "engine/backend.h"
#include "engine/cpu/amx_product.h"
#include "engine/cpu/isa.h"
#include "engine/cpu/operand.h"

namespace e2lm::cpu {

// Products are computed panel by panel of outputs: its weights stay in the cache while rows pass
// over it. Rows come in tiles of one fixed size, so that a row's result has the same bits in any
// batch.
constexpr int64_t kTileRows = 64;
constexpr int64_t kPanelOutputs = 192;

// oneDNN's matmul of [kTileRows, inputs] × [inputs, outputs] → [kTileRows, outputs], sums in
// float32, single-threaded.
class TileProduct {
 public:
  TileProduct(Operand operand, int64_t inputs, int64_t outputs);

  int64_t packed_bytes() const;
  // weights [outputs, inputs], row-major → `packed`, which the result refers to
  dnnl::memory pack(Isa isa, const float* weights, float* packed) const;

  // x dense [tiles · kTileRows, inputs], operands → out dense [tiles · kTileRows, outputs]. Safe
  // from several threads.
  void run(const std::byte* x, int64_t tiles, const dnnl::memory& weights, float* out) const;

 private:
  void run_on_zeros() const;

  Operand operand_;
  int64_t outputs_;
  dnnl::memory::desc x_, weights_, out_, plain_weights_;
  dnnl::matmul::primitive_desc description_;
  dnnl::matmul primitive_;
  dnnl::reorder packing_;
};

// Tile products by shape; a model has few.
class ProductCache {
 public:
  ProductCache(Operand operand, bool amx) : operand_(operand), amx_(amx) {}
  Operand operand() const { return operand_; }
  bool amx() const { return amx_; }  // bfloat16 products are ours rather than oneDNN's
  const TileProduct& get(int64_t inputs, int64_t outputs);

 private:
  Operand operand_;
  bool amx_;
  std::map<std::pair<int64_t, int64_t>, std::unique_ptr<TileProduct>> products_;
};

// A HostMatrix packed panel by panel. No panel has outputs of two tensors that stand below each
// other.
class PackedMatrix final : public Matrix {
 public:
  struct Panel {
    int64_t first = 0;  // output
    int64_t outputs = 0;
    const float* floats = nullptr;         // of multiply_floats, or else
    AmxPairs pairs;                        // of AmxProduct, or else
    const TileProduct* product = nullptr;  // with its weights
    dnnl::memory weights;
  };

  PackedMatrix(const HostMatrix& host, ProductCache& products, int threads, Isa isa);

  int64_t bytes() const;

  std::vector<Panel> panels;
  std::vector<float> scale, bias;  // [outputs], or empty

 private:
  Array packed_;  // weights of all panels
};

}  // namespace e2lm::cpu
