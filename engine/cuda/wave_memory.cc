#include "engine/cuda/wave_memory.h"

#include <algorithm>
#include <vector>

#include "engine/rotations.h"

namespace e2lm::cuda {
namespace {

constexpr int64_t kFloat = sizeof(float);

int64_t heads_width(const StateShape& shape) {
  return packed_width(static_cast<int32_t>(shape.query_heads), static_cast<int32_t>(shape.kv_heads),
                      static_cast<int32_t>(shape.head_width));
}

// Keys and values of a position, of one layer.
int64_t cache_row_bytes(const StateShape& shape, Element element) {
  return 2 * shape.kv_heads * padded_head(static_cast<int32_t>(shape.head_width)) *
         element_bytes(element);
}

// A state and its convolution inputs, of one layer.
int64_t state_floats(const StateShape& shape) {
  return shape.inner_width() * shape.state_size;
}
int64_t tail_floats(const StateShape& shape) {
  return (shape.conv_taps - 1) * shape.conv_channels();
}

int64_t logit_bytes(const WeightSizes& weights) {
  return WaveMemory::kLogitRows * std::min(WaveMemory::kLogitColumns, weights.widest_outputs) *
         kFloat;
}
int64_t normed_bytes(const WeightSizes& weights, Element element) {
  return WaveMemory::kLogitRows * weights.widest_inputs * element_bytes(element);
}

// Takes more memory if there is not enough; what was in it is of no use to anybody.
void grow(DeviceMemory& memory, int64_t bytes) {
  if (bytes <= memory.bytes()) return;
  memory = DeviceMemory();
  memory = DeviceMemory(bytes);
}

}  // namespace

int64_t WaveMemory::logit_columns(int64_t outputs) {
  constexpr int64_t kGrain = 128;  // of whose weights each input has 256 bytes, or 512
  const int64_t tiles = (outputs + kLogitColumns - 1) / kLogitColumns;
  const int64_t columns = (outputs + tiles - 1) / tiles;
  return std::min(outputs, (columns + kGrain - 1) / kGrain * kGrain);
}

MemoryModel WaveMemory::predict(const StateShape& shape, int64_t activation_bytes_per_row,
                                const PrefixTree& tree, const WeightSizes& weights,
                                Element element) {
  const int64_t path = int64_t{tree.longest()} * (shape.head_width * kFloat +  // rotations
                                                  shape.layers * cache_row_bytes(shape, element));
  // The lists of a wave: a row's own numbers, and its share of its tile's keys.
  constexpr int64_t kRecords = 64;
  const int64_t keys = (tree.longest() / kTileRows + 1) * static_cast<int64_t>(sizeof(KeyRecord));
  const int64_t heads = heads_width(shape) * element_bytes(element);
  const int64_t steps = shape.mamba_heads * (kFloat + static_cast<int64_t>(sizeof(double)));
  const int64_t products =
      shape.mamba_heads > 0 ? shape.groups * kMostSeenTiles * kTileRows * kFloat : 0;
  // States within a layer: about one for as many rows as a unit may have.
  const int64_t states = state_floats(shape) * kFloat / kUnitRows;
  return {.fixed = weights.bytes + logit_bytes(weights) + normed_bytes(weights, element) + path,
          .per_row = activation_bytes_per_row + heads + steps + products + keys + kRecords + states,
          .per_kept_state = shape.kept_state_bytes()};
}

void WaveMemory::prepare(const StateShape& shape, const PrefixTree& tree, const PlanSizes& sizes,
                         bool many_waves, const WeightSizes& weights, const OwnedStream& stream) {
  shape_ = shape;
  positions_ = tree.longest();
  kept_count_ = sizes.kept_states;
  prepare_rotations(stream);
  grow(heads_, sizes.rows * heads_width(shape) * element_bytes(element_));
  grow(cache_, many_waves ? shape.layers * positions_ * cache_row_bytes(shape, element_) : 0);
  if (shape.mamba_heads > 0) {
    grow(layer_states_, sizes.layer_states * state_floats(shape) * kFloat);
    grow(kept_states_, shape.layers * kept_count_ * state_floats(shape) * kFloat);
    grow(kept_inputs_, shape.layers * kept_count_ * tail_floats(shape) * kFloat);
    grow(log2_dt_, sizes.rows * shape.mamba_heads * kFloat);
    grow(log_decay_, sizes.rows * shape.mamba_heads * static_cast<int64_t>(sizeof(double)));
    grow(tile_products_, sizes.seen_tiles * shape.groups * kTileRows * kTileRows * kFloat);
  }
  grow(normed_, normed_bytes(weights, element_));
  grow(logits_, logit_bytes(weights));
  grow(sums_, sizes.scored_rows * static_cast<int64_t>(sizeof(RowSum)));
  grow(target_logits_, sizes.targets * kFloat);
  grow(scores_, sizes.targets * static_cast<int64_t>(sizeof(ScoreRecord)));
}

void WaveMemory::release() {
  for (DeviceMemory* memory :
       {&rotations_, &heads_, &cache_, &layer_states_, &kept_states_, &kept_inputs_, &log2_dt_,
        &log_decay_, &tile_products_, &normed_, &logits_, &sums_, &target_logits_, &scores_}) {
    *memory = DeviceMemory();
  }
}

void WaveMemory::prepare_rotations(const OwnedStream& stream) {
  const std::vector<float> rotations = rope_rotations(shape_.rope, shape_.head_width, positions_);
  const int64_t bytes = std::ssize(rotations) * kFloat;
  grow(rotations_, bytes);
  copy_to_device(rotations_.as<void>(), rotations.data(), bytes, stream.get());
  stream.wait();  // the copy reads `rotations`
}

HeadRule WaveMemory::head_rule() const {
  return {.query_heads = static_cast<int32_t>(shape_.query_heads),
          .kv_heads = static_cast<int32_t>(shape_.kv_heads),
          .head_width = static_cast<int32_t>(shape_.head_width),
          .rotations = rotations_.as<float>()};
}

OperandRows WaveMemory::heads() const {
  const int64_t width = heads_width(shape_);
  return {heads_.as<void>(), width, static_cast<int32_t>(width), element_};
}

void* WaveMemory::cache(int64_t layer) const {
  return cache_.as<char>() + layer * positions_ * cache_row_bytes(shape_, element_);
}

ConvRule WaveMemory::conv_rule(int64_t layer, const MambaWeights& weights) const {
  return {.weight = weights.conv_weight.data(),
          .bias = weights.conv_bias.data(),
          .taps = static_cast<int32_t>(shape_.conv_taps),
          .kept = kept_inputs_.as<float>() + layer * kept_count_ * tail_floats(shape_)};
}

ScanRule WaveMemory::scan_rule(int64_t layer, const MambaWeights& weights) const {
  return {.heads = static_cast<int32_t>(shape_.mamba_heads),
          .width = static_cast<int32_t>(shape_.mamba_width),
          .state_size = static_cast<int32_t>(shape_.state_size),
          .groups = static_cast<int32_t>(shape_.groups),
          .decay_rate = weights.decay_rate.data(),
          .skip = weights.skip.data(),
          .dt_bias = weights.dt_bias.data(),
          .dt_min = weights.dt_min,
          .dt_max = weights.dt_max,
          .layer_states = layer_states_.as<float>(),
          .kept_states = kept_states_.as<float>() + layer * kept_count_ * state_floats(shape_),
          .log2_dt = log2_dt_.as<float>(),
          .log_decay = log_decay_.as<double>(),
          .products = tile_products_.as<float>()};
}

}  // namespace e2lm::cuda
