#include "engine/families/llama.h"

#include <fmt/format.h>

#include <vector>

#include "engine/config.h"
#include "engine/families/attention_shape.h"
#include "engine/families/binder.h"

namespace e2lm {
namespace {

struct Config {
  int64_t vocabulary, width, feed_forward, layers, max_positions;
  bool tied, attention_bias, mlp_bias;
  float norm_eps;
  StateShape shape;

  int64_t query_width() const { return shape.query_heads * shape.head_width; }
  int64_t kv_width() const { return shape.kv_heads * shape.head_width; }
  int64_t projected_width() const { return query_width() + 2 * kv_width(); }
};

Config read_config(const Checkpoint& checkpoint) {
  const ConfigReader config(checkpoint);
  config.expect("hidden_act", config.text("hidden_act", "silu"), {"silu"});
  return {.vocabulary = config.size("vocab_size"),
          .width = config.size("hidden_size"),
          .feed_forward = config.size("intermediate_size"),
          .layers = config.size("num_hidden_layers"),
          .max_positions = read_max_positions(config),
          .tied = config.flag("tie_word_embeddings", false),
          .attention_bias = config.flag("attention_bias", false),
          .mlp_bias = config.flag("mlp_bias", false),
          .norm_eps = static_cast<float>(config.positive("rms_norm_eps")),
          .shape = read_attention_shape(config)};
}

struct Layer {
  Array input_norm;                 // [D]
  std::unique_ptr<Matrix> input;    // D → q (H·P) | k (K·P) | v (K·P)
  std::unique_ptr<Matrix> output;   // attention (H·P) → D
  Array feed_forward_norm;          // [D]
  std::unique_ptr<Matrix> gate_up;  // D → gate (F) | up (F)
  std::unique_ptr<Matrix> down;     // F → D
};

Layer bind_layer(const Config& c, Binder& tensors, Backend& backend, int64_t index) {
  const std::string prefix = fmt::format("model.layers.{}.", index);
  const auto linear = [&](const char* name, int64_t outputs, int64_t inputs, bool bias) {
    return tensors.linear(prefix + name, outputs, inputs, bias);
  };
  const auto norm = [&](const char* name) {
    return backend.array(tensors.values(prefix + name, {c.width}));
  };
  Layer layer;
  layer.input_norm = norm("input_layernorm.weight");
  layer.input = backend.matrix(
      stack_outputs({linear("self_attn.q_proj", c.query_width(), c.width, c.attention_bias),
                     linear("self_attn.k_proj", c.kv_width(), c.width, c.attention_bias),
                     linear("self_attn.v_proj", c.kv_width(), c.width, c.attention_bias)}));
  layer.output =
      backend.matrix(linear("self_attn.o_proj", c.width, c.query_width(), c.attention_bias));
  layer.feed_forward_norm = norm("post_attention_layernorm.weight");
  layer.gate_up =
      backend.matrix(stack_outputs({linear("mlp.gate_proj", c.feed_forward, c.width, c.mlp_bias),
                                    linear("mlp.up_proj", c.feed_forward, c.width, c.mlp_bias)}));
  layer.down = backend.matrix(linear("mlp.down_proj", c.width, c.feed_forward, c.mlp_bias));
  return layer;
}

class Llama final : public Model {
 public:
  Llama(const Checkpoint& checkpoint, Backend& backend)
      : c_(read_config(checkpoint)), backend_(backend) {
    Binder tensors(checkpoint);
    embedding_ =
        backend.embedding(tensors.tensor("model.embed_tokens.weight", {c_.vocabulary, c_.width}));
    for (int64_t l = 0; l < c_.layers; ++l) {
      layers_.push_back(bind_layer(c_, tensors, backend, l));
      tensors.release_pages();
    }
    final_norm_ = backend.array(tensors.values("model.norm.weight", {c_.width}));
    head_ = backend.matrix(tensors.head(c_.vocabulary, c_.width, c_.tied));
    tensors.ignore("rotary_emb.inv_freq");
    tensors.finish();
  }

  const StateShape& shape() const override { return c_.shape; }
  int64_t vocabulary() const override { return c_.vocabulary; }
  int64_t max_positions() const override { return c_.max_positions; }

  int64_t activation_bytes_per_row() const override {
    const int64_t floats = c_.width + c_.projected_width() + gated_room();
    const int64_t operands = c_.width + c_.query_width() + c_.feed_forward;
    return floats * static_cast<int64_t>(sizeof(float)) +
           operands * backend_.product_element_bytes();
  }

  void prepare(int64_t rows) override {
    if (rows <= prepared_rows_) return;
    release();
    hidden_ = backend_.activations(rows, c_.width);
    normed_ = backend_.product_rows(rows, c_.width);
    projected_ = backend_.activations(rows, c_.projected_width());
    attended_ = backend_.product_rows(rows, c_.query_width());
    gate_up_ = backend_.activations(rows, gated_room());
    gated_ = backend_.product_rows(rows, c_.feed_forward);
    prepared_rows_ = rows;
  }

  void release() override {
    prepared_rows_ = 0;
    for (Array* array : {&hidden_, &projected_, &gate_up_}) *array = {};
    for (ProductArray* array : {&normed_, &attended_, &gated_}) *array = {};
  }

  void forward(const Wave& wave, std::span<TargetScore> scores) override {
    const Rows hidden = hidden_.rows(c_.width);
    const ProductRows normed = normed_.rows(), attended = attended_.rows(), gated = gated_.rows();
    backend_.embed(wave, *embedding_, 1.0F, hidden);
    for (int64_t l = 0; l < c_.layers; ++l) {
      const Layer& layer = layers_[l];
      backend_.rms_norm(wave, hidden, layer.input_norm, c_.norm_eps, normed);
      const Rows projected =
          backend_.product(wave, normed, *layer.input, projected_.rows(c_.projected_width()));
      const Rows q = projected.columns(0, c_.query_width());
      const Rows k = projected.columns(c_.query_width(), c_.kv_width());
      const Rows v = projected.columns(c_.query_width() + c_.kv_width(), c_.kv_width());
      backend_.attention(wave, l, q, k, v, 1.0F, attended);
      backend_.add_product(wave, attended, *layer.output, hidden);

      backend_.rms_norm(wave, hidden, layer.feed_forward_norm, c_.norm_eps, normed);
      backend_.gated_product(wave, normed, *layer.gate_up, gate_up_.rows(gated_room()), gated);
      backend_.add_product(wave, gated, *layer.down, hidden);
    }
    backend_.logprobs(wave, hidden, final_norm_, c_.norm_eps, *head_, scores);
  }

 private:
  int64_t gated_room() const { return backend_.gated_room(2 * c_.feed_forward); }

  Config c_;
  Backend& backend_;
  std::unique_ptr<Embedding> embedding_;
  std::vector<Layer> layers_;
  Array final_norm_;              // [D]
  std::unique_ptr<Matrix> head_;  // D → V
  int64_t prepared_rows_ = 0;
  Array hidden_, projected_, gate_up_;
  ProductArray normed_, attended_, gated_;
};

}  // namespace

std::unique_ptr<Model> bind_llama(const Checkpoint& checkpoint, Backend& backend) {
  return std::make_unique<Llama>(checkpoint, backend);
}

}  // namespace e2lm
