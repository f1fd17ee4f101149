#include "engine/families/falcon_h1.h"

#include <vector>

#include "engine/families/binder.h"
#include "engine/families/falcon_h1_config.h"
#include "engine/families/falcon_h1_weights.h"

namespace e2lm {
namespace falcon_h1 {
namespace {

class FalconH1 final : public Model {
 public:
  FalconH1(const Checkpoint& checkpoint, Backend& backend)
      : c_(read_config(checkpoint)), backend_(backend) {
    Binder tensors(checkpoint);
    embedding_ =
        backend.embedding(tensors.tensor("model.embed_tokens.weight", {c_.vocabulary, c_.width}));
    for (int64_t l = 0; l < c_.layers; ++l) {
      layers_.push_back(bind_layer(c_, tensors, backend, l));
      tensors.release_pages();
    }
    final_norm_ = backend.array(tensors.values("model.final_layernorm.weight", {c_.width}));
    HostMatrix head = tensors.head(c_.vocabulary, c_.width, c_.tied);
    scale_outputs(head, 0, c_.vocabulary, c_.multipliers.lm_head, 1.0);
    head_ = backend.matrix(std::move(head));
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
}  // namespace falcon_h1

std::unique_ptr<Model> bind_falcon_h1(const Checkpoint& checkpoint, Backend& backend) {
  return std::make_unique<falcon_h1::FalconH1>(checkpoint, backend);
}

}  // namespace e2lm
