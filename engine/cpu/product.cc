#include "engine/cpu/product.h"

#include <algorithm>
#include <cassert>
#include <cstring>
#include <unordered_map>

#include "base/parallel.h"
#include "engine/cpu/allocate.h"
#include "engine/cpu/bfloat16.h"
#include "engine/cpu/cpu_backend.h"
#include "engine/cpu/float_product.h"
#include "engine/cpu/for_each_row.h"
#include "engine/cpu/simd.h"

namespace e2lm::cpu {
namespace {

using Format = dnnl::memory::format_tag;
constexpr auto kFloat = dnnl::memory::data_type::f32;

// Rows that one piece of work passes over a panel: more reuse the panel's weights from the cache,
// fewer leave more pieces to share out.
constexpr int64_t kPieceRows = 4 * kTileRows;

dnnl::memory::data_type type_of(Operand operand) {
  return operand == Operand::bfloat16 ? dnnl::memory::data_type::bf16 : kFloat;
}

const dnnl::engine& cpu_engine() {
  static const dnnl::engine kEngine(dnnl::engine::kind::cpu, 0);
  return kEngine;
}

dnnl::matmul::primitive_desc describe(const dnnl::memory::desc& x,
                                      const dnnl::memory::desc& weights,
                                      const dnnl::memory::desc& out) {
  dnnl::primitive_attr attributes;
  attributes.set_scratchpad_mode(dnnl::scratchpad_mode::user);
#if DNNL_VERSION_MAJOR >= 3
  return {cpu_engine(), x, weights, out, attributes};
#else
  return {dnnl::matmul::desc(x, weights, out), attributes, cpu_engine()};
#endif
}

}  // namespace

Operand choose_operand(Precision precision) {
  if (precision == Precision::float32) return Operand::float32;
  return has_bfloat16_products() ? Operand::bfloat16 : Operand::rounded;
}

int64_t operand_bytes(Operand operand) {
  return operand == Operand::bfloat16 ? sizeof(uint16_t) : sizeof(float);
}

void write_operands(Isa isa, Operand operand, const float* x, int64_t count, std::byte* out) {
  if (operand == Operand::float32) {
    std::memcpy(out, x, count * sizeof(float));
  } else if (operand == Operand::bfloat16) {
    auto* to = reinterpret_cast<uint16_t*>(out);
    dispatch(isa, [&](auto) E2LM_INLINE { round_floats(x, count, to); });
  } else {
    auto* to = reinterpret_cast<float*>(out);
    dispatch(isa, [&](auto) E2LM_INLINE { round_floats(x, count, to); });
  }
}

TileProduct::TileProduct(Operand operand, int64_t inputs, int64_t outputs)
    : operand_(operand),
      x_({kTileRows, inputs}, type_of(operand), Format::ab),
      weights_({inputs, outputs}, type_of(operand), Format::any),
      out_({kTileRows, outputs}, kFloat, Format::ab),
      plain_weights_({inputs, outputs}, type_of(operand), Format::ba),
      description_(describe(x_, weights_, out_)),
      primitive_(description_) {
  weights_ = description_.weights_desc();
}

dnnl::memory TileProduct::pack(Isa isa, const float* weights) const {
  std::vector<std::byte> operands(plain_weights_.get_size());
  const int64_t count = std::ssize(operands) / operand_bytes(operand_);
  write_operands(isa, operand_, weights, count, operands.data());
  dnnl::memory plain(plain_weights_, cpu_engine(), operands.data());
  dnnl::memory packed(weights_, cpu_engine());
  dnnl::stream stream(cpu_engine());
  dnnl::reorder(plain, packed).execute(stream, plain, packed);
  stream.wait();
  return packed;
}

int64_t TileProduct::packed_bytes() const {
  return static_cast<int64_t>(weights_.get_size());
}

int64_t TileProduct::scratch_bytes() const {
  return static_cast<int64_t>(description_.scratchpad_desc().get_size());
}

void TileProduct::run(const std::byte* x, const dnnl::memory& weights, float* out,
                      std::byte* scratch) const {
  dnnl::stream stream(cpu_engine());
  const dnnl::memory source(x_, cpu_engine(), const_cast<std::byte*>(x));
  const dnnl::memory target(out_, cpu_engine(), out);
  const dnnl::memory room(description_.scratchpad_desc(), cpu_engine(), scratch);
  primitive_.execute(stream, {{DNNL_ARG_SRC, source},
                              {DNNL_ARG_WEIGHTS, weights},
                              {DNNL_ARG_DST, target},
                              {DNNL_ARG_SCRATCHPAD, room}});
  stream.wait();
}

const TileProduct& ProductCache::get(int64_t inputs, int64_t outputs) {
  auto& product = products_[{inputs, outputs}];
  if (!product) product = std::make_unique<TileProduct>(operand_, inputs, outputs);
  return *product;
}

PackedMatrix::PackedMatrix(const HostMatrix& host, ProductCache& products, int threads, Isa isa)
    : scale(host.scale), bias(host.bias) {
  outputs = host.outputs;
  inputs = host.inputs;
  const Operand operand = products.operand();
  if (operand != Operand::bfloat16) floats_ = allocate(packed_floats(outputs, inputs));
  for (int64_t first = 0; first < outputs; first += kPanelOutputs) {
    const int64_t count = std::min(kPanelOutputs, outputs - first);
    panels.push_back({.first = first, .outputs = count});
    if (has_floats()) {
      panels.back().floats = floats_.data() + packed_floats(first, inputs);
    } else {
      panels.back().product = &products.get(inputs, count);
    }
  }
  parallel_for(threads, std::ssize(panels), 1, [&](int64_t p, int64_t) {
    Panel& panel = panels[p];
    std::vector<float> weights(panel.outputs * inputs);
    host.read_weights(panel.first, panel.outputs, weights.data());
    if (panel.product) {
      panel.weights = panel.product->pack(isa, weights.data());
    } else {
      if (operand == Operand::rounded)
        round_floats(weights.data(), std::ssize(weights), weights.data());
      float* packed = floats_.data() + packed_floats(panel.first, inputs);
      pack_floats(isa, weights.data(), panel.outputs, inputs, packed);
    }
  });
}

int64_t PackedMatrix::bytes() const {
  auto floats = std::ssize(scale) + std::ssize(bias) + floats_.size();
  int64_t total = floats * static_cast<int64_t>(sizeof(float));
  for (const Panel& panel : panels) {
    if (panel.product) total += panel.product->packed_bytes();
  }
  return total;
}

namespace {

// work(panel, first row, rows) for pieces that cover the product.
template <class Work>
void for_each_piece(int threads, int64_t rows, const PackedMatrix& matrix, const Work& work) {
  const int64_t groups = (rows + kPieceRows - 1) / kPieceRows;
  parallel_for(threads, groups * std::ssize(matrix.panels), 1, [&](int64_t piece, int64_t) {
    const int64_t first = piece % groups * kPieceRows;
    work(piece / groups, first, std::min(kPieceRows, rows - first));
  });
}

}  // namespace

void for_each_tile(int threads, Isa isa, int64_t rows, OperandRows x, const PackedMatrix& matrix,
                   const std::function<void(const ProductTile&)>& use) {
  for_each_piece(threads, rows, matrix, [&](int64_t index, int64_t first, int64_t count) {
    const PackedMatrix::Panel& panel = matrix.panels[index];
    const auto acc = std::make_unique_for_overwrite<float[]>(kTileRows * panel.outputs);
    const auto scratch = std::make_unique_for_overwrite<std::byte[]>(
        panel.product ? panel.product->scratch_bytes() : 0);
    for (int64_t row = first; row < first + count; row += kTileRows) {
      const int64_t tile_rows = std::min(kTileRows, first + count - row);
      const std::byte* from = x.data + row * x.row_bytes;
      if (panel.product) {
        panel.product->run(from, panel.weights, acc.get(), scratch.get());
      } else {
        multiply_floats(isa, reinterpret_cast<const float*>(from), tile_rows, matrix.inputs,
                        panel.floats, {.out = {acc.get(), panel.outputs, panel.outputs}});
      }
      use({panel, index, row, tile_rows, acc.get()});
    }
  });
}

std::unique_ptr<Matrix> CpuBackend::matrix(HostMatrix weights) {
  auto packed = std::make_unique<PackedMatrix>(weights, products_, threads_, isa_);
  weight_bytes_ += packed->bytes();
  widest_inputs_ = std::max(widest_inputs_, packed->inputs);
  widest_outputs_ = std::max(widest_outputs_, packed->outputs);
  return packed;
}

namespace {

// out[r] (+)= acc ⊙ scale + bias, for the rows and outputs of one tile.
template <bool kAdd, class Floats>
E2LM_INLINE inline void finish_tile(const ProductTile& tile, const float* scale, const float* bias,
                                    Rows out) {
  for (int64_t r = 0; r < tile.rows; ++r) {
    const float* acc = tile.acc + r * tile.panel.outputs;
    float* to = out.data + (tile.first_row + r) * out.stride + tile.panel.first;
    for (int64_t j = 0; j < tile.panel.outputs; j += kLanes) {
      const int64_t count = std::min(kLanes, tile.panel.outputs - j);
      Floats value = load<Floats>(acc + j, count);
      if (scale) value = value * load<Floats>(scale + tile.panel.first + j, count);
      if (bias) value = value + load<Floats>(bias + tile.panel.first + j, count);
      if (kAdd) value = value + load<Floats>(to + j, count);
      store(to + j, value, count);
    }
  }
}

template <bool kAdd>
void multiply(int threads, Isa isa, int64_t rows, OperandRows x, const Matrix& weights, Rows out) {
  const auto& matrix = static_cast<const PackedMatrix&>(weights);
  const float* scale = matrix.scale.empty() ? nullptr : matrix.scale.data();
  const float* bias = matrix.bias.empty() ? nullptr : matrix.bias.data();
  if (matrix.has_floats()) {
    return for_each_piece(threads, rows, matrix, [&](int64_t p, int64_t first, int64_t count) {
      const PackedMatrix::Panel& panel = matrix.panels[p];
      Rows to = out.columns(panel.first, panel.outputs);
      to.data += first * to.stride;
      multiply_floats(isa, reinterpret_cast<const float*>(x.data + first * x.row_bytes), count,
                      matrix.inputs, panel.floats,
                      {.out = to,
                       .scale = scale ? scale + panel.first : nullptr,
                       .bias = bias ? bias + panel.first : nullptr,
                       .add = kAdd});
    });
  }
  for_each_tile(threads, isa, rows, x, matrix, [&](const ProductTile& tile) {
    dispatch(isa, [&]<class Floats>(Floats)
                      E2LM_INLINE { finish_tile<kAdd, Floats>(tile, scale, bias, out); });
  });
}

}  // namespace

OperandRows CpuBackend::operands(int64_t rows, ProductRows product_rows) {
  const Rows x = floats(product_rows);
  assert(x.stride == x.width);
  const Operand operand = products_.operand();
  const int64_t row_bytes = x.width * operand_bytes(operand);
  if (operand == Operand::float32) return {reinterpret_cast<const std::byte*>(x.data), row_bytes};
  const int64_t whole_tiles = (rows + kTileRows - 1) / kTileRows * kTileRows;
  operands_.resize(std::max(std::ssize(operands_), whole_tiles * row_bytes));
  parallel_for(threads_, whole_tiles, kRowGrain, [&](int64_t first, int64_t last) {
    write_operands(isa_, operand, x.data + first * x.width, (last - first) * x.width,
                   operands_.data() + first * row_bytes);
  });
  return {operands_.data(), row_bytes};
}

Rows CpuBackend::product(const Wave& wave, ProductRows x, const Matrix& weights, Rows out) {
  multiply<false>(threads_, isa_, wave.rows(), operands(wave.rows(), x), weights, out);
  return out;
}

void CpuBackend::add_product(const Wave& wave, ProductRows x, const Matrix& weights, Rows hidden) {
  multiply<true>(threads_, isa_, wave.rows(), operands(wave.rows(), x), weights, hidden);
}

}  // namespace e2lm::cpu
