#include "engine/cuda/cuda_backend.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/memory.h"

namespace e2lm::cuda {
namespace {

constexpr int64_t kFloat = sizeof(float);

void free_floats(float* data) {
  DeviceMemory::free(data);
}

// The attention's tiles must fit the card's shared memory.
void check_heads(int64_t width) {
  if (width <= kWidestHeadAnywhere) return;
  const int64_t widest = describe_card(0).major >= 8 ? kWidestHead : kWidestHeadAnywhere;
  if (width <= widest) return;
  throw Error("--device cuda", fmt::format("heads are {} wide", width),
              fmt::format("at most {} on this card; --device cpu takes any", widest));
}

}  // namespace

// ---- memory ----

FloatRows CudaBackend::floats(Rows rows) const {
  return {rows.data, rows.stride, static_cast<int32_t>(rows.width), rows.scale};
}

OperandRows CudaBackend::operands(ProductRows rows) const {
  return {rows.data, rows.stride, static_cast<int32_t>(rows.width), element_};
}

// Work that an exception left in the stream ends before what it uses is given back.
CudaBackend::~CudaBackend() {
  stream_.drain();
}

void CudaBackend::check_room(int64_t bytes) const {
  if (weight_limit_bytes_ == 0 || weights_.bytes + bytes <= weight_limit_bytes_) return;
  throw OutOfDeviceMemory("CUDA", fmt::format("weights take more than the {} left to them",
                                              format_bytes(weight_limit_bytes_)));
}

std::unique_ptr<Matrix> CudaBackend::matrix(HostMatrix weights) {
  check_room(Uploader::matrix_bytes(weights, element_));
  auto matrix = uploader_.matrix(weights, element_);
  weights_.bytes += matrix->weights.bytes() + matrix->scale.bytes() + matrix->bias.bytes();
  weights_.widest_inputs = std::max(weights_.widest_inputs, matrix->inputs);
  weights_.widest_outputs = std::max(weights_.widest_outputs, matrix->padded_outputs);
  return matrix;
}

Array CudaBackend::array(std::span<const float> values) {
  check_room(static_cast<int64_t>(values.size_bytes()));
  DeviceMemory memory = uploader_.floats(values);
  weights_.bytes += memory.bytes();
  return {static_cast<float*>(memory.release()), std::ssize(values), free_floats};
}

std::unique_ptr<Embedding> CudaBackend::embedding(const Tensor& table) {
  check_room(Uploader::embedding_bytes(table));
  auto embedding = uploader_.embedding(table);
  weights_.bytes += embedding->rows.bytes();
  return embedding;
}

Array CudaBackend::activations(int64_t rows, int64_t width) {
  DeviceMemory memory(rows * width * kFloat);
  return {static_cast<float*>(memory.release()), rows * width, free_floats};
}

ProductArray CudaBackend::product_rows(int64_t rows, int64_t width) {
  const int64_t bytes = element_bytes(element_);
  return {activations((rows * width * bytes + kFloat - 1) / kFloat, 1), width, bytes};
}

// ---- schedule ----

int64_t CudaBackend::default_memory_bytes() const {
  return weights_.bytes + Products::kWorkspaceBytes + free_device_bytes() / 10 * 9;
}

MemoryModel CudaBackend::memory_model(const StateShape& shape, int64_t activation_bytes_per_row,
                                      const PrefixTree& tree) const {
  MemoryModel model =
      WaveMemory::predict(shape, activation_bytes_per_row, tree, weights_, element_);
  model.fixed += Products::kWorkspaceBytes;
  return model;
}

std::vector<int64_t> CudaBackend::wave_cuts(const PrefixTree& tree) const {
  std::vector<int64_t> cuts;
  for (const Unit& unit : cut_units(tree)) cuts.push_back(unit.end());
  return cuts;
}

void CudaBackend::prepare(const StateShape& shape, const PrefixTree& tree,
                          const Schedule& schedule) {
  check_heads(shape.head_width);
  const int64_t taps = shape.mamba_heads > 0 ? shape.conv_taps : 0;
  units_ = cut_units(tree);
  const PlanSizes sizes = WavePlanner::measure(tree, units_, taps, schedule.waves);
  planner_.emplace(tree, units_, taps);
  buffer_.prepare(sizes, taps);
  memory_.prepare(shape, tree, sizes, schedule.waves.size() > 1, weights_, stream_);
  const int64_t record_bytes = sizes.targets * static_cast<int64_t>(sizeof(ScoreRecord));
  for (Pending& pending : pending_) {
    if (pending.records.bytes() < record_bytes) pending.records = PinnedMemory(record_bytes);
  }
  next_pending_ = oldest_pending_ = 0;
}

void CudaBackend::release() {
  buffer_.release();
  memory_.release();
  for (Pending& pending : pending_) pending.records = PinnedMemory();
}

void CudaBackend::begin_wave(const Wave& wave) {
  plan_ = planner_->next(wave);
  wave_ = buffer_.send(wave, plan_, stream_.get());
}

void CudaBackend::collect(const Wave& wave) {
  Pending& pending = pending_[oldest_pending_];
  oldest_pending_ = 1 - oldest_pending_;
  pending.there.wait();
  const auto* records = pending.records.as<ScoreRecord>();
  for (size_t i = 0; i < wave.targets.size(); ++i) {
    pending.scores[i] = {records[i].logprob_nats, records[i].greedy != 0};
  }
}

// ---- operations ----

void CudaBackend::embed(const Wave&, const Embedding& table, float multiplier, Rows hidden) {
  const auto& embedding = static_cast<const DeviceEmbedding&>(table);
  cuda::embed(wave_, {embedding.rows.as<void>(), embedding.element}, multiplier, floats(hidden),
              stream_.get());
}

void CudaBackend::rms_norm(const Wave&, Rows x, const Array& weight, float eps, ProductRows out) {
  cuda::rms_norm(floats(x), weight.data(), eps, wave_.rows, nullptr, operands(out), stream_.get());
}

Rows CudaBackend::product(const Wave&, ProductRows x, const Matrix& weights, Rows out) {
  const auto& matrix = static_cast<const DeviceMatrix&>(weights);
  products_.multiply(matrix, {0, matrix.outputs}, operands(x), wave_.rows, Products::Into::fresh,
                     floats(out));
  if (matrix.bias.bytes() > 0) {
    scale_and_add_bias(wave_.rows, matrix.scales(), matrix.biases(), floats(out), stream_.get());
  } else {
    out.scale = matrix.scales();
  }
  return out;
}

void CudaBackend::add_product(const Wave&, ProductRows x, const Matrix& weights, Rows hidden) {
  const auto& matrix = static_cast<const DeviceMatrix&>(weights);
  products_.multiply(matrix, {0, matrix.outputs}, operands(x), wave_.rows, Products::Into::sum,
                     floats(hidden));
  if (matrix.bias.bytes() > 0) {
    scale_and_add_bias(wave_.rows, nullptr, matrix.biases(), floats(hidden), stream_.get());
  }
}

void CudaBackend::attention(const Wave&, int64_t layer, Rows q, Rows k, Rows v, float scale,
                            ProductRows out) {
  const HeadRule rule = memory_.head_rule();
  const OperandRows heads = memory_.heads();
  void* cache = memory_.cache(layer);
  pack_heads(wave_, rule, floats(q), floats(k), floats(v), heads, stream_.get());
  cuda::attention(wave_, rule, scale, heads, cache, operands(out), stream_.get());
  cache_heads(wave_, rule, heads, cache, stream_.get());
}

void CudaBackend::convolve(const Wave&, int64_t layer, const MambaWeights& weights, Rows x,
                           ProductRows out) {
  cuda::convolve(wave_, memory_.conv_rule(layer, weights), floats(x), operands(out), stream_.get());
}

void CudaBackend::gated_scan(const Wave&, int64_t layer, const MambaWeights& weights,
                             const ScanInputs& inputs, Rows room, ProductRows out) {
  const ScanRule rule = memory_.scan_rule(layer, weights);
  const OperandRows xbc = operands(inputs.xbc);
  scan_products(wave_, rule, xbc, stream_.get());
  time_steps(wave_, rule, floats(inputs.dt_in), stream_.get());
  int32_t first = 0;
  for (const int32_t last : plan_.level_ends) {
    scan_states(wave_, rule, xbc, first, last, stream_.get());
    first = last;
  }
  if (weights.norm_weight.size() == 0) {
    scan_gated_outputs(wave_, rule, xbc, floats(inputs.z), inputs.scale, operands(out),
                       stream_.get());
    return;
  }
  scan_outputs(wave_, rule, xbc, floats(room), stream_.get());
  const GateRule gate = {.norm_weight = weights.norm_weight.data(),
                         .eps = weights.norm_eps,
                         .norm_before_gate = weights.norm_before_gate,
                         .groups = rule.groups,
                         .scale = inputs.scale};
  cuda::norm_gate(wave_.rows, gate, floats(room), floats(inputs.z), operands(out), stream_.get());
}

void CudaBackend::gated_product(const Wave& wave, ProductRows x, const Matrix& gate_up, Rows room,
                                ProductRows out) {
  const Rows both = product(wave, x, gate_up, room);
  mlp_gate(wave_.rows, floats(both), operands(out), stream_.get());
}

void CudaBackend::logprobs(const Wave&, Rows hidden, const Array& norm_weight, float eps,
                           const Matrix& head, std::span<TargetScore> scores) {
  constexpr int64_t kRows = WaveMemory::kLogitRows;
  const auto& matrix = static_cast<const DeviceMatrix&>(head);
  const int64_t stride = WaveMemory::logit_columns(matrix.padded_outputs);
  const FloatRows logits = {memory_.logits(), stride, static_cast<int32_t>(stride), nullptr};
  const OperandRows normed = {memory_.normed(), hidden.width, static_cast<int32_t>(hidden.width),
                              element_};
  for (int32_t first = 0; first < wave_.scored_count; first += kRows) {
    const auto rows = static_cast<int32_t>(std::min<int64_t>(kRows, wave_.scored_count - first));
    cuda::rms_norm(floats(hidden), norm_weight.data(), eps, rows, wave_.scored + first, normed,
                   stream_.get());
    for (int64_t token = 0; token < matrix.outputs; token += stride) {
      const int64_t computed = std::min(stride, matrix.padded_outputs - token);
      products_.multiply(matrix, {token, computed}, normed, rows, Products::Into::fresh, logits);
      const LogitTile tile = {
          .data = logits.data,
          .stride = stride,
          .scale = matrix.scales(),
          .first = static_cast<int32_t>(token),
          .columns = static_cast<int32_t>(std::min(computed, matrix.outputs - token))};
      take_logits(wave_, tile, first, rows, memory_.sums(), memory_.target_logits(), stream_.get());
    }
  }
  finish_logprobs(wave_, memory_.sums(), memory_.target_logits(), memory_.scores(), stream_.get());
  Pending& pending = pending_[next_pending_];
  next_pending_ = 1 - next_pending_;
  pending.scores = scores;
  const auto bytes = static_cast<int64_t>(scores.size() * sizeof(ScoreRecord));
  if (bytes > 0) {
    copy_to_host(pending.records.as<void>(), memory_.scores(), bytes, stream_.get());
  }
  pending.there.record(stream_.get());
}

}  // namespace e2lm::cuda
