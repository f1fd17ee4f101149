#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <oneapi/dnnl/dnnl.hpp>
#include <utility>
#include <vector>

#include "engine/backend.h"
#include "engine/cpu/isa.h"
#include "engine/precision.h"

namespace e2lm::cpu {

// Products are computed panel by panel of outputs: its weights stay in the cache while rows pass
// over it. Rows come in tiles of one fixed size, so that a row's result has the same bits in any
// batch.
constexpr int64_t kTileRows = 64;
constexpr int64_t kPanelOutputs = 192;

// What the inputs and weights of a tile product are.
enum class Operand {
  float32,   // multiplied by multiply_floats
  bfloat16,  // two bytes each, multiplied by oneDNN with the processor's own instructions
  rounded,   // bfloat16 values held as float32, for processors that lack those
};

Operand choose_operand(Precision precision);
int64_t operand_bytes(Operand operand);

// Writes `count` floats as operands.
void write_operands(Isa isa, Operand operand, const float* x, int64_t count, std::byte* out);

// oneDNN's matmul of [kTileRows, inputs] × [inputs, outputs] → [kTileRows, outputs], sums in
// float32, single-threaded.
class TileProduct {
 public:
  TileProduct(Operand operand, int64_t inputs, int64_t outputs);

  dnnl::memory pack(Isa isa, const float* weights) const;  // weights [outputs, inputs], row-major
  int64_t packed_bytes() const;
  int64_t scratch_bytes() const;

  // x dense [kTileRows, inputs], operands → out dense [kTileRows, outputs]. Safe from several
  // threads with scratch of their own.
  void run(const std::byte* x, const dnnl::memory& weights, float* out, std::byte* scratch) const;

 private:
  Operand operand_;
  dnnl::memory::desc x_, weights_, out_, plain_weights_;
  dnnl::matmul::primitive_desc description_;
  dnnl::matmul primitive_;
};

// Tile products by shape; a model has few.
class ProductCache {
 public:
  explicit ProductCache(Operand operand) : operand_(operand) {}
  Operand operand() const { return operand_; }
  const TileProduct& get(int64_t inputs, int64_t outputs);

 private:
  Operand operand_;
  std::map<std::pair<int64_t, int64_t>, std::unique_ptr<TileProduct>> products_;
};

// A HostMatrix packed panel by panel.
class PackedMatrix final : public Matrix {
 public:
  struct Panel {
    int64_t first = 0;  // output
    int64_t outputs = 0;
    const float* floats = nullptr;         // of multiply_floats, or else
    const TileProduct* product = nullptr;  // with its weights
    dnnl::memory weights;
  };

  PackedMatrix(const HostMatrix& host, ProductCache& products, int threads, Isa isa);

  int64_t bytes() const;
  bool has_floats() const { return floats_.size() > 0; }

  std::vector<Panel> panels;
  std::vector<float> scale, bias;  // [outputs], or empty

 private:
  Array floats_;  // of all panels
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

// The rows of a product as its tiles read them: operands, dense, whole tiles.
struct OperandRows {
  const std::byte* data = nullptr;
  int64_t row_bytes = 0;
};

// Multiplies x [rows, inputs] by the matrix and hands every tile to `use`, on several threads. Each
// (tile, panel) comes exactly once.
void for_each_tile(int threads, Isa isa, int64_t rows, OperandRows x, const PackedMatrix& matrix,
                   const std::function<void(const ProductTile&)>& use);

}  // namespace e2lm::cpu
