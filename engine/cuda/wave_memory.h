#pragma once

#include "engine/backend.h"
#include "engine/cuda/kernels.h"
#include "engine/cuda/wave_plan.h"

namespace e2lm::cuda {

// What of a model's weights decides about memory beside them.
struct WeightSizes {
  int64_t bytes = 0;
  int64_t widest_inputs = 0, widest_outputs = 0;  // of all matrices
};

// What waves are computed in on the card, besides the activations: states, keys and values, logits.
// Taken once for all waves of a schedule. Letters as in engine/dims.h; P' is a padded head.
class WaveMemory {
 public:
  // Logits that exist at once: few enough to stay in the card's cache.
  static constexpr int64_t kLogitRows = 1024, kLogitColumns = kMostLogitColumns;

  // The columns of a tile of logits, for a head of so many outputs: as few tiles as can be, none of
  // them much narrower than the others, because a product with a few columns takes about as long as
  // one with hundreds. The weights of each begin at a multiple of 256 bytes, which cuBLASLt counts
  // on when it offers algorithms.
  static int64_t logit_columns(int64_t outputs);

  explicit WaveMemory(Element element) : element_(element) {}

  // What the waves of a tree will take, the lists of their records included.
  static MemoryModel predict(const StateShape& shape, int64_t activation_bytes_per_row,
                             const PrefixTree& tree, const WeightSizes& weights, Element element);

  // Room for all waves of `sizes`; more than one wave leaves keys and values to later ones.
  void prepare(const StateShape& shape, const PrefixTree& tree, const PlanSizes& sizes,
               bool many_waves, const WeightSizes& weights, const OwnedStream& stream);
  void release();  // gives all of it back

  // Shapes, weights and places of a layer's operations.
  HeadRule head_rule() const;
  OperandRows heads() const;         // [R, packed heads]
  void* cache(int64_t layer) const;  // [positions, k (K·P') | v (K·P')]
  ConvRule conv_rule(int64_t layer, const MambaWeights& weights) const;
  ScanRule scan_rule(int64_t layer, const MambaWeights& weights) const;

  // The head's input [kLogitRows, D], and logits [kLogitRows, at most kLogitColumns].
  void* normed() const { return normed_.as<void>(); }
  float* logits() const { return logits_.as<float>(); }
  RowSum* sums() const { return sums_.as<RowSum>(); }                  // [S]
  float* target_logits() const { return target_logits_.as<float>(); }  // [targets]
  ScoreRecord* scores() const { return scores_.as<ScoreRecord>(); }    // [targets]

 private:
  void prepare_rotations(const OwnedStream& stream);

  const Element element_;
  StateShape shape_;
  int64_t positions_ = 0;   // of the longest path
  int64_t kept_count_ = 0;  // of states

  DeviceMemory rotations_;            // [positions, cos (P/2) | sin (P/2)]
  DeviceMemory heads_;                // [R, packed heads]
  DeviceMemory cache_;                // [L, positions, k (K·P') | v (K·P')]
  DeviceMemory layer_states_;         // [layer states, M, N, X]
  DeviceMemory kept_states_;          // [L, kept states, M, N, X]
  DeviceMemory kept_inputs_;          // [L, kept states, W-1, C]
  DeviceMemory log2_dt_, log_decay_;  // [R, M]
  DeviceMemory tile_products_;        // [seen tiles, G, 64, 64]
  DeviceMemory normed_, logits_;
  DeviceMemory sums_, target_logits_, scores_;
};

}  // namespace e2lm::cuda
