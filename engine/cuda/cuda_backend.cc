#include "engine/cuda/cuda_backend.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/memory.h"
#include "engine/cuda/backend.h"
#include "engine/rotations.h"

namespace e2lm {
namespace cuda {
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

int64_t packed_heads_width(const StateShape& shape) {
  return packed_width(static_cast<int32_t>(shape.query_heads), static_cast<int32_t>(shape.kv_heads),
                      static_cast<int32_t>(shape.head_width));
}

// Takes more memory if there is not enough; what was in it is of no use to anybody.
void grow(DeviceMemory& memory, int64_t bytes) {
  if (bytes <= memory.bytes()) return;
  memory = DeviceMemory();
  memory = DeviceMemory(bytes);
}

}  // namespace

// ---- memory ----

FloatRows CudaBackend::floats(Rows rows) const {
  return {rows.data, rows.stride, static_cast<int32_t>(rows.width), rows.scale};
}

OperandRows CudaBackend::operands(ProductRows rows) const {
  return {rows.data, rows.stride, static_cast<int32_t>(rows.width), element_};
}

int64_t CudaBackend::product_element_bytes() const {
  return element_bytes();
}

// Work that an exception left in the stream ends before what it uses is given back.
CudaBackend::~CudaBackend() {
  stream_.drain();
}

void CudaBackend::check_room(int64_t bytes) const {
  if (weight_limit_bytes_ == 0 || weight_bytes_ + bytes <= weight_limit_bytes_) return;
  throw OutOfDeviceMemory("CUDA", fmt::format("weights take more than the {} left to them",
                                              format_bytes(weight_limit_bytes_)));
}

std::unique_ptr<Matrix> CudaBackend::matrix(HostMatrix weights) {
  check_room(Uploader::matrix_bytes(weights, element_));
  auto matrix = uploader_.matrix(weights, element_);
  weight_bytes_ += matrix->weights.bytes() + matrix->scale.bytes() + matrix->bias.bytes();
  widest_inputs_ = std::max(widest_inputs_, matrix->inputs);
  widest_outputs_ = std::max(widest_outputs_, matrix->padded_outputs);
  return matrix;
}

Array CudaBackend::array(std::span<const float> values) {
  check_room(static_cast<int64_t>(values.size_bytes()));
  DeviceMemory memory = uploader_.floats(values);
  weight_bytes_ += memory.bytes();
  return {static_cast<float*>(memory.release()), std::ssize(values), free_floats};
}

std::unique_ptr<Embedding> CudaBackend::embedding(const Tensor& table) {
  check_room(Uploader::embedding_bytes(table));
  auto embedding = uploader_.embedding(table);
  weight_bytes_ += embedding->rows.bytes();
  return embedding;
}

Array CudaBackend::activations(int64_t rows, int64_t width) {
  DeviceMemory memory(rows * width * kFloat);
  return {static_cast<float*>(memory.release()), rows * width, free_floats};
}

ProductArray CudaBackend::product_rows(int64_t rows, int64_t width) {
  const int64_t floats = (rows * width * element_bytes() + kFloat - 1) / kFloat;
  return {activations(floats, 1), width, element_bytes()};
}

// ---- schedule ----

int64_t CudaBackend::default_memory_bytes() const {
  return weight_bytes_ + free_device_bytes() / 10 * 9;
}

int64_t CudaBackend::cache_row_bytes(const StateShape& shape) const {
  return 2 * shape.kv_heads * padded_head(static_cast<int32_t>(shape.head_width)) * element_bytes();
}

int64_t CudaBackend::cache_bytes_per_layer() const {
  return positions_ * cache_row_bytes(shape_);
}

int64_t CudaBackend::scan_state_floats() const {
  return shape_.inner_width() * shape_.state_size;
}

int64_t CudaBackend::conv_tail_floats() const {
  return (shape_.conv_taps - 1) * shape_.conv_channels();
}

int64_t CudaBackend::fixed_scratch_bytes() const {
  return kLogitRows *
         (std::min(kLogitColumns, widest_outputs_) * kFloat + widest_inputs_ * element_bytes());
}

MemoryModel CudaBackend::memory_model(const StateShape& shape, int64_t activation_bytes_per_row,
                                      const PrefixTree& tree) const {
  const int64_t path = int64_t{tree.longest()} * (shape.head_width * kFloat +  // rotations
                                                  shape.layers * cache_row_bytes(shape));
  // The lists of a wave: a row's own numbers, and its share of its tile's keys.
  const int64_t keys = (tree.longest() / kTileRows + 1) * static_cast<int64_t>(sizeof(KeyRecord));
  const int64_t heads = packed_heads_width(shape) * element_bytes();
  const int64_t steps = shape.mamba_heads * (kFloat + static_cast<int64_t>(sizeof(double)));
  const int64_t state = shape.inner_width() * shape.state_size * kFloat;
  const int64_t products =
      shape.mamba_heads > 0 ? shape.groups * kMostSeenTiles * kTileRows * kFloat : 0;
  return {.fixed = weight_bytes_ + fixed_scratch_bytes() + path,
          // States within a layer: one for every few units, counted as one for each tile's rows.
          .per_row =
              activation_bytes_per_row + heads + steps + products + keys + 64 + state / kUnitRows,
          .per_kept_state = shape.kept_state_bytes()};
}

std::vector<int64_t> CudaBackend::wave_cuts(const PrefixTree& tree) const {
  std::vector<int64_t> cuts;
  for (const Unit& unit : cut_units(tree)) cuts.push_back(unit.end());
  return cuts;
}

void CudaBackend::prepare(const StateShape& shape, const PrefixTree& tree,
                          const Schedule& schedule) {
  check_heads(shape.head_width);
  shape_ = shape;
  const bool scans = shape.mamba_heads > 0;
  const int64_t taps = scans ? shape.conv_taps : 0;
  units_ = cut_units(tree);
  sizes_ = WavePlanner::measure(tree, units_, taps, schedule.waves);
  planner_.emplace(tree, units_, taps);
  buffer_.prepare(sizes_, taps);

  positions_ = tree.longest();
  const std::vector<float> rotations = rope_rotations(shape.rope, shape.head_width, positions_);
  grow(rotations_, std::ssize(rotations) * kFloat);
  copy_to_device(rotations_.as<void>(), rotations.data(), std::ssize(rotations) * kFloat,
                 stream_.get());
  stream_.wait();

  grow(heads_, sizes_.rows * packed_heads_width(shape) * element_bytes());
  const bool cuts = schedule.waves.size() > 1;
  grow(cache_, cuts ? shape.layers * cache_bytes_per_layer() : 0);
  if (scans) {
    grow(layer_states_, sizes_.layer_states * scan_state_floats() * kFloat);
    grow(kept_states_, shape.layers * sizes_.kept_states * scan_state_floats() * kFloat);
    grow(kept_inputs_, shape.layers * sizes_.kept_states * conv_tail_floats() * kFloat);
    grow(dt_, sizes_.rows * shape.mamba_heads * kFloat);
    grow(tile_products_, sizes_.seen_tiles * shape.groups * kTileRows * kTileRows * kFloat);
    grow(log_decay_, sizes_.rows * shape.mamba_heads * static_cast<int64_t>(sizeof(double)));
  }
  grow(normed_, kLogitRows * widest_inputs_ * element_bytes());
  grow(logits_, kLogitRows * std::min(kLogitColumns, widest_outputs_) * kFloat);
  grow(sums_, sizes_.scored_rows * static_cast<int64_t>(sizeof(RowSum)));
  grow(target_logits_, sizes_.targets * kFloat);
  const int64_t record_bytes = sizes_.targets * static_cast<int64_t>(sizeof(ScoreRecord));
  grow(score_records_, record_bytes);
  for (Pending& pending : pending_) {
    if (pending.records.bytes() < record_bytes) pending.records = PinnedMemory(record_bytes);
  }
  next_pending_ = oldest_pending_ = 0;
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
  const HeadRule rule = {.query_heads = static_cast<int32_t>(shape_.query_heads),
                         .kv_heads = static_cast<int32_t>(shape_.kv_heads),
                         .head_width = static_cast<int32_t>(shape_.head_width),
                         .rotations = rotations_.as<float>()};
  const int64_t width = packed_heads_width(shape_);
  const OperandRows heads = {heads_.as<void>(), width, static_cast<int32_t>(width), element_};
  void* cache = cache_.as<char>() + layer * cache_bytes_per_layer();
  pack_heads(wave_, rule, floats(q), floats(k), floats(v), heads, stream_.get());
  cuda::attention(wave_, rule, scale, heads, cache, operands(out), stream_.get());
  cache_heads(wave_, rule, heads, cache, stream_.get());
}

void CudaBackend::convolve(const Wave&, int64_t layer, const MambaWeights& weights, Rows x,
                           ProductRows out) {
  const ConvRule rule = {
      .weight = weights.conv_weight.data(),
      .bias = weights.conv_bias.data(),
      .taps = static_cast<int32_t>(shape_.conv_taps),
      .kept = kept_inputs_.as<float>() + layer * sizes_.kept_states * conv_tail_floats()};
  cuda::convolve(wave_, rule, floats(x), operands(out), stream_.get());
}

void CudaBackend::gated_scan(const Wave&, int64_t layer, const MambaWeights& weights,
                             const ScanInputs& inputs, Rows room, ProductRows out) {
  const ScanRule rule = {
      .heads = static_cast<int32_t>(shape_.mamba_heads),
      .width = static_cast<int32_t>(shape_.mamba_width),
      .state_size = static_cast<int32_t>(shape_.state_size),
      .groups = static_cast<int32_t>(shape_.groups),
      .decay_rate = weights.decay_rate.data(),
      .skip = weights.skip.data(),
      .dt_bias = weights.dt_bias.data(),
      .dt_min = weights.dt_min,
      .dt_max = weights.dt_max,
      .layer_states = layer_states_.as<float>(),
      .kept_states = kept_states_.as<float>() + layer * sizes_.kept_states * scan_state_floats(),
      .dt = dt_.as<float>(),
      .log_decay = log_decay_.as<double>(),
      .products = tile_products_.as<float>()};
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
                         .groups = static_cast<int32_t>(shape_.groups),
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
  const auto& matrix = static_cast<const DeviceMatrix&>(head);
  const int64_t stride = std::min(kLogitColumns, matrix.padded_outputs);
  const FloatRows logits = {logits_.as<float>(), stride, static_cast<int32_t>(stride), nullptr};
  const OperandRows normed = {normed_.as<void>(), hidden.width, static_cast<int32_t>(hidden.width),
                              element_};
  for (int32_t first = 0; first < wave_.scored_count; first += kLogitRows) {
    const auto rows =
        static_cast<int32_t>(std::min<int64_t>(kLogitRows, wave_.scored_count - first));
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
      take_logits(wave_, tile, first, rows, sums_.as<RowSum>(), target_logits_.as<float>(),
                  stream_.get());
    }
  }
  finish_logprobs(wave_, sums_.as<RowSum>(), target_logits_.as<float>(),
                  score_records_.as<ScoreRecord>(), stream_.get());
  Pending& pending = pending_[next_pending_];
  next_pending_ = 1 - next_pending_;
  pending.scores = scores;
  const auto bytes = static_cast<int64_t>(scores.size() * sizeof(ScoreRecord));
  if (bytes > 0) {
    copy_to_host(pending.records.as<void>(), score_records_.as<void>(), bytes, stream_.get());
  }
  pending.there.record(stream_.get());
}

}  // namespace cuda

namespace {

bool new_enough(const cuda::Card& card) {
  return card.major > 7 || (card.major == 7 && card.minor >= 5);
}

}  // namespace

std::unique_ptr<Backend> open_cuda_backend(Precision precision, const CudaLimits& limits) {
  std::string why;
  if (cuda::count_cards(&why) == 0) throw Error("--device cuda", "no card: " + why, "cpu");
  const cuda::Card card = cuda::describe_card(0);
  if (!new_enough(card)) {
    throw Error("--device cuda",
                fmt::format("{} has compute capability {}.{}", card.name, card.major, card.minor),
                "7.5 or later, or cpu");
  }
  if (precision == Precision::bfloat16 && !card.has_bfloat16()) {
    throw Error("--dtype bfloat16",
                fmt::format("{} has no tensor cores for it (compute capability {}.{})", card.name,
                            card.major, card.minor),
                "8.0 or later, or --dtype float32");
  }
  return std::make_unique<cuda::CudaBackend>(
      precision == Precision::float32 ? cuda::Element::float32 : cuda::Element::bfloat16, limits);
}

bool cuda_is_there() {
  return cuda::count_cards() > 0 && new_enough(cuda::describe_card(0));
}

bool cuda_has_bfloat16() {
  return cuda_is_there() && cuda::describe_card(0).has_bfloat16();
}

std::string describe_cuda() {
  std::string why;
  if (cuda::count_cards(&why) == 0) return "no card: " + why;
  const cuda::Card card = cuda::describe_card(0);
  return fmt::format("{}, compute capability {}.{}, {}", card.name, card.major, card.minor,
                     format_bytes(card.memory_bytes));
}

}  // namespace e2lm
