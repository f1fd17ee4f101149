#include "engine/families/falcon_h1_config.h"

#include <fmt/format.h>

#include <limits>

#include "engine/config.h"
#include "engine/families/attention_shape.h"

namespace e2lm::falcon_h1 {
namespace {

Multipliers read_multipliers(const ConfigReader& config) {
  const auto mlp = config.numbers("mlp_multipliers", 2);
  const auto ssm = config.numbers("ssm_multipliers", 5);
  return {.embedding = config.number("embedding_multiplier"),
          .lm_head = config.number("lm_head_multiplier"),
          .key = config.number("key_multiplier"),
          .attention_in = config.number("attention_in_multiplier"),
          .attention_out = config.number("attention_out_multiplier"),
          .ssm_in = config.number("ssm_in_multiplier"),
          .ssm_out = config.number("ssm_out_multiplier"),
          .mlp_gate = mlp[0],
          .mlp_down = mlp[1],
          .z = ssm[0],
          .x = ssm[1],
          .b = ssm[2],
          .c = ssm[3],
          .dt = ssm[4]};
}

StateShape read_shape(const ConfigReader& config) {
  StateShape shape = read_attention_shape(config);
  const int64_t width = config.size("hidden_size");
  shape.mamba_heads = config.size("mamba_n_heads");
  const int64_t inner = config.size("mamba_d_ssm", config.size("mamba_expand", 2) * width);
  shape.mamba_width = inner / shape.mamba_heads;
  shape.state_size = config.size("mamba_d_state");
  shape.groups = config.size("mamba_n_groups");
  shape.conv_taps = config.size("mamba_d_conv");
  if (inner % shape.mamba_heads != 0) {
    config.fail("mamba_n_heads", fmt::format("is {}", shape.mamba_heads),
                fmt::format("a divisor of the mixer's width, {}", inner));
  }
  if (config.has("mamba_d_head") && config.item("mamba_d_head") != "auto" &&
      config.size("mamba_d_head") != shape.mamba_width) {
    config.fail("mamba_d_head", "is " + config.item("mamba_d_head").dump(),
                fmt::format("the mixer's width / mamba_n_heads, {}", shape.mamba_width));
  }
  if (shape.mamba_heads % shape.groups != 0) {
    config.fail("mamba_n_groups", fmt::format("is {}", shape.groups),
                fmt::format("a divisor of mamba_n_heads, {}", shape.mamba_heads));
  }
  return shape;
}

}  // namespace

Config read_config(const Checkpoint& checkpoint) {
  const ConfigReader config(checkpoint);
  config.expect("hidden_act", config.text("hidden_act", "silu"), {"silu"});
  const bool gated_norm = config.flag("mamba_rms_norm", false);
  // transformers' own default here is true, released files say false: never guessed.
  if (gated_norm && !config.has("mamba_norm_before_gate")) {
    config.fail("mamba_norm_before_gate", "is missing");
  }
  return {
      .vocabulary = config.size("vocab_size"),
      .width = config.size("hidden_size"),
      .feed_forward = config.size("intermediate_size"),
      .layers = config.size("num_hidden_layers"),
      .max_positions = read_max_positions(config),
      .tied = config.flag("tie_word_embeddings", false),
      .attention_bias = config.flag("attention_bias", false),
      .mlp_bias = config.flag("mlp_bias", false),
      .mamba_bias = config.flag("mamba_proj_bias", false),
      .out_bias = config.flag("projectors_bias", false),
      .conv_bias = config.flag("mamba_conv_bias", true),
      .gated_norm = gated_norm,
      .norm_before_gate = config.flag("mamba_norm_before_gate", false),
      .norm_eps = static_cast<float>(config.positive("rms_norm_eps")),
      .dt_limits = config.limits("time_step_limit", 0.0, std::numeric_limits<double>::infinity()),
      .shape = read_shape(config),
      .multipliers = read_multipliers(config)};
}

}  // namespace e2lm::falcon_h1
