#include "engine/families/falcon_h1.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "engine/config.h"
#include "engine/families/binder.h"

namespace e2lm {
namespace {

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
  StateShape shape;
  const int64_t width = config.size("hidden_size");
  shape.layers = config.size("num_hidden_layers");
  shape.query_heads = config.size("num_attention_heads");
  shape.kv_heads = config.size("num_key_value_heads", shape.query_heads);
  shape.head_width = config.size("head_dim", width / shape.query_heads);
  shape.mamba_heads = config.size("mamba_n_heads");
  const int64_t inner = config.size("mamba_d_ssm", config.size("mamba_expand", 2) * width);
  shape.mamba_width = inner / shape.mamba_heads;
  shape.state_size = config.size("mamba_d_state");
  shape.groups = config.size("mamba_n_groups");
  shape.conv_taps = config.size("mamba_d_conv");
  shape.rope = read_rope(config);
  if (shape.query_heads % shape.kv_heads != 0) {
    config.fail("num_key_value_heads", "does not divide num_attention_heads");
  }
  if (shape.head_width % 2 != 0) config.fail("head_dim", "is odd", "an even width");
  const bool declared = config.has("mamba_d_head") && config.item("mamba_d_head") != "auto";
  const bool agrees = !declared || config.size("mamba_d_head") == shape.mamba_width;
  if (inner % shape.mamba_heads != 0 || !agrees) {
    config.fail("mamba_d_head", "does not agree with mamba_d_ssm / mamba_n_heads");
  }
  if (shape.mamba_heads % shape.groups != 0) {
    config.fail("mamba_n_groups", "does not divide mamba_n_heads");
  }
  return shape;
}

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
      .max_positions = config.size("max_position_embeddings"),
      .tied = config.flag("tie_word_embeddings", false),
      .attention_bias = config.flag("attention_bias", false),
      .mlp_bias = config.flag("mlp_bias", false),
      .mamba_bias = config.flag("mamba_proj_bias", false),
      .out_bias = config.flag("projectors_bias", false),
      .conv_bias = config.flag("mamba_conv_bias", true),
      .gated_norm = gated_norm,
      .norm_before_gate = config.flag("mamba_norm_before_gate", false),
      .norm_eps = static_cast<float>(config.number("rms_norm_eps")),
      .dt_limits = config.limits("time_step_limit", 0.0, std::numeric_limits<double>::infinity()),
      .shape = read_shape(config),
      .multipliers = read_multipliers(config)};
}

struct Layer {
  Array input_norm;               // [D]
  std::unique_ptr<Matrix> input;  // D → q (H·P) | k (K·P) | v (K·P) | z (E) | x B C (C) | dt (M)
  MambaWeights mamba;
  std::unique_ptr<Matrix> output;   // mixed: scan (E) | attention (H·P) → D
  Array feed_forward_norm;          // [D]
  std::unique_ptr<Matrix> gate_up;  // D → gate (F) | up (F)
  std::unique_ptr<Matrix> down;     // F → D
};

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

class FalconH1 final : public Model {
 public:
  FalconH1(const Checkpoint& checkpoint, Backend& backend)
      : c_(read_config(checkpoint)), backend_(backend) {
    Binder tensors(checkpoint);
    embedding_ =
        backend.embedding(tensors.tensor("model.embed_tokens.weight", {c_.vocabulary, c_.width}));
    for (int64_t l = 0; l < c_.layers; ++l) {
      layers_.push_back(LayerBinder(c_, tensors, backend, l).bind());
      tensors.release_pages();
    }
    final_norm_ = backend.array(tensors.values("model.final_layernorm.weight", {c_.width}));
    const char* head_name = c_.tied ? "model.embed_tokens" : "lm_head";
    HostMatrix head = tensors.linear(head_name, c_.vocabulary, c_.width, false);
    scale_outputs(head, 0, c_.vocabulary, c_.multipliers.lm_head, 1.0);
    head_ = backend.matrix(std::move(head));
    if (c_.tied) tensors.ignore("lm_head.weight");
    tensors.ignore("mamba.mup_vector");
    tensors.ignore("rotary_emb.inv_freq");
    tensors.finish();
  }

  const StateShape& shape() const override { return c_.shape; }
  int64_t vocabulary() const override { return c_.vocabulary; }
  int64_t max_positions() const override { return c_.max_positions; }

  int64_t activation_bytes_per_row() const override {
    const int64_t floats = c_.width + projected_width() + c_.shape.inner_width() + gated_room();
    const int64_t operands = c_.width + mixed_width() + c_.feed_forward;
    return floats * static_cast<int64_t>(sizeof(float)) +
           operands * backend_.product_element_bytes() +
           c_.shape.conv_channels() * backend_.convolved_element_bytes();
  }

  void prepare(int64_t rows) override {
    if (rows <= prepared_rows_) return;
    release();
    hidden_ = backend_.activations(rows, c_.width);
    normed_ = backend_.product_rows(rows, c_.width);
    projected_ = backend_.activations(rows, projected_width());
    convolved_ = backend_.convolved_rows(rows, c_.shape.conv_channels());
    scanned_ = backend_.activations(rows, c_.shape.inner_width());
    mixed_ = backend_.product_rows(rows, mixed_width());
    gate_up_ = backend_.activations(rows, gated_room());
    gated_ = backend_.product_rows(rows, c_.feed_forward);
    prepared_rows_ = rows;
  }

  void release() override {
    prepared_rows_ = 0;
    for (Array* array : {&hidden_, &projected_, &scanned_, &gate_up_}) *array = {};
    for (ProductArray* array : {&normed_, &convolved_, &mixed_, &gated_}) *array = {};
  }

  void forward(const Wave& wave, std::span<TargetScore> scores) override {
    const Rows hidden = hidden_.rows(c_.width);
    const auto embedding_scale = static_cast<float>(c_.multipliers.embedding);
    backend_.embed(wave, *embedding_, embedding_scale, hidden);
    for (int64_t l = 0; l < c_.layers; ++l) {
      mix(wave, l, hidden);
      feed_forward(wave, layers_[l], hidden);
    }
    backend_.logprobs(wave, hidden, final_norm_, c_.norm_eps, *head_, scores);
  }

 private:
  int64_t projected_width() const {
    return c_.query_width() + 2 * c_.kv_width() + c_.mamba_outputs();
  }
  int64_t gated_room() const { return backend_.gated_room(2 * c_.feed_forward); }
  int64_t mixed_width() const { return c_.shape.inner_width() + c_.query_width(); }

  // hidden += attention(n)·attention_out + mamba(n)·ssm_out, with n the normed hidden row.
  void mix(const Wave& wave, int64_t l, Rows hidden) {
    const Layer& layer = layers_[l];
    const ProductRows normed = normed_.rows();
    backend_.rms_norm(wave, hidden, layer.input_norm, c_.norm_eps, normed);

    const Rows projected =
        backend_.product(wave, normed, *layer.input, projected_.rows(projected_width()));
    int64_t first = 0;
    const auto next = [&projected, &first](int64_t count) {
      first += count;
      return projected.columns(first - count, count);
    };
    const Rows q = next(c_.query_width()), k = next(c_.kv_width()), v = next(c_.kv_width());
    const Rows z = next(c_.shape.inner_width()), xbc = next(c_.shape.conv_channels());
    const Rows dt = next(c_.shape.mamba_heads);

    const ProductRows mixed = mixed_.rows(), convolved = convolved_.rows();
    const int64_t inner = c_.shape.inner_width();
    backend_.convolve(wave, l, layer.mamba, xbc, convolved);
    backend_.gated_scan(wave, l, layer.mamba,
                        {convolved, dt, z, static_cast<float>(c_.multipliers.ssm_out)},
                        scanned_.rows(inner), mixed.columns(0, inner));

    backend_.attention(wave, l, q, k, v, static_cast<float>(c_.multipliers.attention_out),
                       mixed.columns(inner, c_.query_width()));
    backend_.add_product(wave, mixed, *layer.output, hidden);
  }

  void feed_forward(const Wave& wave, const Layer& layer, Rows hidden) {
    const ProductRows normed = normed_.rows(), gated = gated_.rows();
    backend_.rms_norm(wave, hidden, layer.feed_forward_norm, c_.norm_eps, normed);
    backend_.gated_product(wave, normed, *layer.gate_up, gate_up_.rows(gated_room()), gated);
    backend_.add_product(wave, gated, *layer.down, hidden);
  }

  Config c_;
  Backend& backend_;
  std::unique_ptr<Embedding> embedding_;
  std::vector<Layer> layers_;
  Array final_norm_;              // [D]
  std::unique_ptr<Matrix> head_;  // D → V
  int64_t prepared_rows_ = 0;
  Array hidden_, projected_, scanned_, gate_up_;
  ProductArray normed_, convolved_, mixed_, gated_;
};

}  // namespace

std::unique_ptr<Model> bind_falcon_h1(const Checkpoint& checkpoint, Backend& backend) {
  return std::make_unique<FalconH1>(checkpoint, backend);
}

}  // namespace e2lm
