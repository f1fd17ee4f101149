#pragma once

#include <cstdint>
#include <utility>

#include "engine/backend.h"
#include "engine/checkpoint.h"

// What a Falcon-H1 checkpoint's config.json says (arXiv:2507.22448).
namespace e2lm::falcon_h1 {

// The maximal-update multipliers; every one must be in the file, none has a safe default.
struct Multipliers {
  double embedding, lm_head, key, attention_in, attention_out, ssm_in, ssm_out;
  double mlp_gate, mlp_down;
  double z, x, b, c, dt;
};

struct Config {
  int64_t vocabulary, width, feed_forward, layers, max_positions;
  bool tied, attention_bias, mlp_bias, mamba_bias, out_bias, conv_bias, gated_norm;
  bool norm_before_gate;
  float norm_eps;
  std::pair<double, double> dt_limits;
  StateShape shape;
  Multipliers multipliers;

  int64_t query_width() const { return shape.query_heads * shape.head_width; }
  int64_t kv_width() const { return shape.kv_heads * shape.head_width; }
  int64_t mamba_outputs() const {  // z | x | B | C | dt
    return shape.inner_width() + shape.conv_channels() + shape.mamba_heads;
  }
};

// Throws Error naming the file, the key and what was expected of it.
Config read_config(const Checkpoint& checkpoint);

}  // namespace e2lm::falcon_h1
