#pragma once

#include <cstdint>
#include <memory>

#include "engine/backend.h"
#include "engine/families/binder.h"
#include "engine/families/falcon_h1_config.h"

namespace e2lm::falcon_h1 {

// A layer's weights as its operations take them. Letters are those of engine/dims.h.
struct Layer {
  Array input_norm;               // [D]
  std::unique_ptr<Matrix> input;  // D → q (H·P) | k (K·P) | v (K·P) | z (E) | x B C (C) | dt (M)
  MambaWeights mamba;
  std::unique_ptr<Matrix> output;   // mixed: scan (E) | attention (H·P) → D
  Array feed_forward_norm;          // [D]
  std::unique_ptr<Matrix> gate_up;  // D → gate (F) | up (F)
  std::unique_ptr<Matrix> down;     // F → D
};

// Takes a layer's tensors, with the maximal-update multipliers as scales of products. Throws Error
// naming the tensor that is missing or of another shape.
Layer bind_layer(const Config& config, Binder& tensors, Backend& backend, int64_t layer);

}  // namespace e2lm::falcon_h1
