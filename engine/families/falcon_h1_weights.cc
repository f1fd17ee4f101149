#include "engine/families/falcon_h1_weights.h"

#include <fmt/format.h>

#include <cmath>
#include <string>
#include <vector>

namespace e2lm::falcon_h1 {
namespace {

class LayerBinder {
 public:
  LayerBinder(const Config& config, Binder& tensors, Backend& backend, int64_t layer)
      : c_(config),
        tensors_(tensors),
        backend_(backend),
        prefix_(fmt::format("model.layers.{}.", layer)) {}

  Layer bind() {
    Layer layer;
    layer.input_norm = array("input_layernorm.weight", {c_.width});
    layer.input = backend_.matrix(input());
    layer.mamba = mamba();
    layer.output = backend_.matrix(output());
    layer.feed_forward_norm = array("pre_ff_layernorm.weight", {c_.width});
    layer.gate_up = backend_.matrix(gate_up());
    HostMatrix down = linear("feed_forward.down_proj", c_.width, c_.feed_forward, c_.mlp_bias);
    scale_outputs(down, 0, c_.width, c_.multipliers.mlp_down, c_.multipliers.mlp_down);
    layer.down = backend_.matrix(std::move(down));
    return layer;
  }

 private:
  HostMatrix linear(const char* name, int64_t outputs, int64_t inputs, bool bias) {
    return tensors_.linear(prefix_ + name, outputs, inputs, bias);
  }

  Array array(const char* name, std::vector<int64_t> shape) {
    return backend_.array(tensors_.values(prefix_ + name, std::move(shape)));
  }

  // q, k, v and the mixer's projection read the same normed row: one product. attention_in and
  // ssm_in scale that row, so they become scales of the outputs (but not of their biases).
  HostMatrix input() {
    const Multipliers& m = c_.multipliers;
    const int64_t q_width = c_.query_width(), kv_width = c_.kv_width();
    HostMatrix q = linear("self_attn.q_proj", q_width, c_.width, c_.attention_bias);
    HostMatrix k = linear("self_attn.k_proj", kv_width, c_.width, c_.attention_bias);
    HostMatrix v = linear("self_attn.v_proj", kv_width, c_.width, c_.attention_bias);
    HostMatrix mixer = linear("mamba.in_proj", c_.mamba_outputs(), c_.width, c_.mamba_bias);
    scale_outputs(q, 0, q_width, m.attention_in, 1.0);
    scale_outputs(k, 0, kv_width, m.attention_in * m.key, m.key);
    scale_outputs(v, 0, kv_width, m.attention_in, 1.0);
    const int64_t inner = c_.shape.inner_width(), bc = c_.shape.groups * c_.shape.state_size;
    int64_t first = 0;
    for (const auto& [count, multiplier] : {std::pair(inner, m.z),
                                            {inner, m.x},
                                            {bc, m.b},
                                            {bc, m.c},
                                            {c_.shape.mamba_heads, m.dt}}) {
      scale_outputs(mixer, first, count, m.ssm_in * multiplier, multiplier);
      first += count;
    }
    return stack_outputs({std::move(q), std::move(k), std::move(v), std::move(mixer)});
  }

  MambaWeights mamba() {
    const int64_t heads = c_.shape.mamba_heads, channels = c_.shape.conv_channels();
    std::vector<float> rate = tensors_.values(prefix_ + "mamba.A_log", {heads});
    for (float& value : rate) value = -std::exp(value);
    MambaWeights weights{.decay_rate = backend_.array(rate),
                         .dt_min = static_cast<float>(c_.dt_limits.first),
                         .dt_max = static_cast<float>(c_.dt_limits.second),
                         .norm_before_gate = c_.norm_before_gate,
                         .norm_eps = c_.norm_eps};
    weights.conv_weight = backend_.array(conv_taps());
    if (c_.conv_bias) weights.conv_bias = array("mamba.conv1d.bias", {channels});
    weights.skip = array("mamba.D", {heads});
    weights.dt_bias = array("mamba.dt_bias", {heads});
    if (c_.gated_norm) weights.norm_weight = array("mamba.norm.weight", {c_.shape.inner_width()});
    return weights;
  }

  // The file's [C, 1, W] as [W, C].
  std::vector<float> conv_taps() {
    const int64_t channels = c_.shape.conv_channels(), taps = c_.shape.conv_taps;
    const auto weight = tensors_.values(prefix_ + "mamba.conv1d.weight", {channels, 1, taps});
    std::vector<float> by_tap(weight.size());
    for (int64_t c = 0; c < channels; ++c) {
      for (int64_t t = 0; t < taps; ++t) by_tap[t * channels + c] = weight[c * taps + t];
    }
    return by_tap;
  }

  // The two branches are summed into the residual stream: one product over both. Their multipliers
  // scale the inputs (gate, attention), so here only the biases carry them.
  HostMatrix output() {
    HostMatrix scan = linear("mamba.out_proj", c_.width, c_.shape.inner_width(), c_.out_bias);
    HostMatrix attention =
        linear("self_attn.o_proj", c_.width, c_.query_width(), c_.attention_bias);
    for (float& value : scan.bias) value *= static_cast<float>(c_.multipliers.ssm_out);
    for (float& value : attention.bias) value *= static_cast<float>(c_.multipliers.attention_out);
    return stack_inputs({std::move(scan), std::move(attention)});
  }

  HostMatrix gate_up() {
    HostMatrix gate = linear("feed_forward.gate_proj", c_.feed_forward, c_.width, c_.mlp_bias);
    HostMatrix up = linear("feed_forward.up_proj", c_.feed_forward, c_.width, c_.mlp_bias);
    scale_outputs(gate, 0, c_.feed_forward, c_.multipliers.mlp_gate, c_.multipliers.mlp_gate);
    return stack_outputs({std::move(gate), std::move(up)});
  }

  const Config& c_;
  Binder& tensors_;
  Backend& backend_;
  std::string prefix_;
};

}  // namespace

Layer bind_layer(const Config& config, Binder& tensors, Backend& backend, int64_t layer) {
  return LayerBinder(config, tensors, backend, layer).bind();
}

}  // namespace e2lm::falcon_h1
