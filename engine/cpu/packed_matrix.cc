#include "engine/cpu/packed_matrix.h"

#include <algorithm>
#include <memory>
#include <unordered_map>

#include "base/parallel.h"
#include "engine/cpu/allocate.h"
#include "engine/cpu/float_product.h"
#include "engine/cpu/simd.h"

namespace e2lm::cpu {
namespace {

using Format = dnnl::memory::format_tag;
constexpr auto kFloat = dnnl::memory::data_type::f32;

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

TileProduct::TileProduct(Operand operand, int64_t inputs, int64_t outputs)
    : operand_(operand),
      outputs_(outputs),
      x_({kTileRows, inputs}, type_of(operand), Format::ab),
      weights_({inputs, outputs}, type_of(operand), Format::any),
      out_({kTileRows, outputs}, kFloat, Format::ab),
      plain_weights_({inputs, outputs}, type_of(operand), Format::ba),
      description_(describe(x_, weights_, out_)),
      primitive_(description_) {
  weights_ = description_.weights_desc();
}

dnnl::memory TileProduct::pack(Isa isa, const float* weights, float* to) const {
  const auto size = static_cast<int64_t>(plain_weights_.get_size());
  const auto operands = std::make_unique_for_overwrite<std::byte[]>(size);
  write_operands(isa, operand_, weights, size / operand_bytes(operand_), operands.get());
  dnnl::memory plain(plain_weights_, cpu_engine(), operands.get());
  dnnl::memory packed(weights_, cpu_engine(), to);
  dnnl::stream stream(cpu_engine());
  dnnl::reorder(plain, packed).execute(stream, plain, packed);
  stream.wait();
  return packed;
}

int64_t TileProduct::packed_bytes() const {
  return static_cast<int64_t>(weights_.get_size());
}

void TileProduct::run(const std::byte* x, int64_t tiles, const dnnl::memory& weights,
                      float* out) const {
  static thread_local std::vector<std::byte> scratch;  // kept: a tile takes some microseconds
  scratch.resize(std::max(scratch.size(), description_.scratchpad_desc().get_size()));
  dnnl::stream stream(cpu_engine());
  dnnl::memory source(x_, cpu_engine(), nullptr), target(out_, cpu_engine(), nullptr);
  const dnnl::memory room(description_.scratchpad_desc(), cpu_engine(), scratch.data());
  const std::unordered_map<int, dnnl::memory> arguments = {{DNNL_ARG_SRC, source},
                                                           {DNNL_ARG_WEIGHTS, weights},
                                                           {DNNL_ARG_DST, target},
                                                           {DNNL_ARG_SCRATCHPAD, room}};
  for (int64_t tile = 0; tile < tiles; ++tile) {
    source.set_data_handle(const_cast<std::byte*>(x) + tile * x_.get_size());
    target.set_data_handle(out + tile * kTileRows * outputs_);
    primitive_.execute(stream, arguments);
  }
  stream.wait();
}

const TileProduct& ProductCache::get(int64_t inputs, int64_t outputs) {
  auto& product = products_[{inputs, outputs}];
  if (!product) product = std::make_unique<TileProduct>(operand_, inputs, outputs);
  return *product;
}

namespace {

// How many of the outputs from `first` on go into one panel.
int64_t panel_outputs(const HostMatrix& host, int64_t first) {
  int64_t last = std::min(first + kPanelOutputs, host.outputs);
  for (const HostMatrix::Block& block : host.blocks) {
    if (block.first_output > first) last = std::min(last, block.first_output);
  }
  return last - first;
}

}  // namespace

PackedMatrix::PackedMatrix(const HostMatrix& host, ProductCache& products, int threads, Isa isa)
    : scale(host.scale), bias(host.bias) {
  outputs = host.outputs;
  inputs = host.inputs;
  const Operand operand = products.operand();
  int64_t floats = 0;
  std::vector<int64_t> places;  // of the panels in packed_
  for (int64_t first = 0; first < outputs; first += panels.back().outputs) {
    panels.push_back({.first = first, .outputs = panel_outputs(host, first)});
    Panel& panel = panels.back();
    int64_t size = packed_floats(panel.outputs, inputs);
    if (operand == Operand::bfloat16) {
      panel.product = &products.get(inputs, panel.outputs);
      const auto width = static_cast<int64_t>(sizeof(float));
      size = (panel.product->packed_bytes() + width - 1) / width;
    }
    places.push_back(floats);
    floats += (size + kLanes - 1) / kLanes * kLanes;
  }
  packed_ = allocate_unset(floats);
  parallel_for(threads, std::ssize(panels), 1, [&](int64_t p, int64_t) {
    Panel& panel = panels[p];
    float* packed = packed_.data() + places[p];
    const int64_t count = panel.outputs * inputs;
    const auto weights = std::make_unique_for_overwrite<float[]>(count);
    host.read_weights(panel.first, panel.outputs, weights.get());
    if (panel.product) {
      panel.weights = panel.product->pack(isa, weights.get(), packed);
    } else {
      if (operand == Operand::rounded) {
        write_operands(isa, operand, weights.get(), count,
                       reinterpret_cast<std::byte*>(weights.get()));
      }
      pack_floats(isa, weights.get(), panel.outputs, inputs, packed);
      panel.floats = packed;
    }
  });
}

int64_t PackedMatrix::bytes() const {
  const auto floats = std::ssize(scale) + std::ssize(bias) + packed_.size();
  return floats * static_cast<int64_t>(sizeof(float));
}

}  // namespace e2lm::cpu
