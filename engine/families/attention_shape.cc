#include "engine/families/attention_shape.h"

#include <fmt/format.h>

namespace e2lm {

StateShape read_attention_shape(const ConfigReader& config) {
  StateShape shape;
  shape.layers = config.size("num_hidden_layers");
  shape.query_heads = config.size("num_attention_heads");
  shape.kv_heads = config.size("num_key_value_heads", shape.query_heads);
  shape.head_width = config.size("head_dim", config.size("hidden_size") / shape.query_heads);
  shape.rope = read_rope(config);
  if (!config.flag("is_causal", true)) config.fail("is_causal", "is false", "true");
  if (shape.query_heads % shape.kv_heads != 0) {
    config.fail("num_key_value_heads", fmt::format("is {}", shape.kv_heads),
                fmt::format("a divisor of num_attention_heads, {}", shape.query_heads));
  }
  if (shape.head_width == 0 || shape.head_width % 2 != 0) {
    const char* derived = config.has("head_dim") ? "" : ", hidden_size / num_attention_heads";
    config.fail("head_dim", fmt::format("is {}{}", shape.head_width, derived), "an even width");
  }
  return shape;
}

}  // namespace e2lm
