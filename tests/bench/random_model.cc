#include "tests/bench/random_model.h"

#include <fmt/format.h>

#include <bit>
#include <cmath>
#include <fstream>
#include <numeric>
#include <random>

#include "base/error.h"
#include "base/json.h"

namespace e2lm {
namespace {

struct Geometry {
  int64_t vocabulary, width, feed_forward, layers, heads, kv_heads, head_width;
  int64_t mamba_heads = 0, mamba_width = 0, state = 0;  // 0: a llama
  bool gated_norm = false, tied = false;

  int64_t inner() const { return mamba_heads * mamba_width; }
  int64_t conv_channels() const { return inner() + 2 * state; }
  int64_t mamba_outputs() const { return inner() + conv_channels() + mamba_heads; }
};

Geometry geometry_of(std::string_view name) {
  if (name == "falcon-h1-0.5b") return {32784, 1024, 2048, 36, 8, 2, 64, 24, 64, 128};
  if (name == "falcon-h1-1.5b") return {65537, 2048, 4608, 24, 8, 2, 128, 48, 64, 256, true};
  if (name == "falcon-h1-3b") {
    return {65537, 2560, 6144, 32, 10, 2, 128, 32, 128, 256, true};
  }
  if (name == "dense-1b") return {65536, 1280, 6144, 32, 20, 4, 64};
  return {49152, 576, 1536, 30, 9, 3, 64, 0, 0, 0, false, true};
}

struct TensorShape {
  std::string name;
  std::vector<int64_t> shape;
  float center = 0;  // of its values

  int64_t size() const {
    return std::accumulate(shape.begin(), shape.end(), int64_t{1}, std::multiplies<>());
  }
};

std::vector<TensorShape> attention(const Geometry& g, const std::string& layer) {
  const int64_t q = g.heads * g.head_width, kv = g.kv_heads * g.head_width;
  return {{layer + "self_attn.q_proj.weight", {q, g.width}},
          {layer + "self_attn.k_proj.weight", {kv, g.width}},
          {layer + "self_attn.v_proj.weight", {kv, g.width}},
          {layer + "self_attn.o_proj.weight", {g.width, q}}};
}

std::vector<TensorShape> feed_forward(const Geometry& g, const std::string& mlp) {
  return {{mlp + "gate_proj.weight", {g.feed_forward, g.width}},
          {mlp + "up_proj.weight", {g.feed_forward, g.width}},
          {mlp + "down_proj.weight", {g.width, g.feed_forward}}};
}

std::vector<TensorShape> mamba(const Geometry& g, const std::string& mixer) {
  std::vector<TensorShape> tensors = {{mixer + "in_proj.weight", {g.mamba_outputs(), g.width}},
                                      {mixer + "conv1d.weight", {g.conv_channels(), 1, 4}},
                                      {mixer + "conv1d.bias", {g.conv_channels()}},
                                      {mixer + "A_log", {g.mamba_heads}, 1},
                                      {mixer + "D", {g.mamba_heads}, 1},
                                      {mixer + "dt_bias", {g.mamba_heads}, -2},
                                      {mixer + "out_proj.weight", {g.width, g.inner()}}};
  if (g.gated_norm) tensors.push_back({mixer + "norm.weight", {g.inner()}, 1});
  return tensors;
}

std::vector<TensorShape> tensors_of(const Geometry& g) {
  const bool hybrid = g.mamba_heads > 0;
  std::vector<TensorShape> all = {{"model.embed_tokens.weight", {g.vocabulary, g.width}}};
  const auto add = [&all](std::vector<TensorShape> more) {
    for (TensorShape& tensor : more) all.push_back(std::move(tensor));
  };
  for (int64_t l = 0; l < g.layers; ++l) {
    const std::string layer = fmt::format("model.layers.{}.", l);
    add({{layer + "input_layernorm.weight", {g.width}, 1}});
    add(attention(g, layer));
    if (hybrid) add(mamba(g, layer + "mamba."));
    const char* norm = hybrid ? "pre_ff_layernorm.weight" : "post_attention_layernorm.weight";
    add({{layer + norm, {g.width}, 1}});
    add(feed_forward(g, layer + (hybrid ? "feed_forward." : "mlp.")));
  }
  add({{hybrid ? "model.final_layernorm.weight" : "model.norm.weight", {g.width}, 1}});
  if (!g.tied) add({{"lm_head.weight", {g.vocabulary, g.width}}});
  return all;
}

Json config_of(const Geometry& g) {
  Json config = {{"vocab_size", g.vocabulary},
                 {"hidden_size", g.width},
                 {"intermediate_size", g.feed_forward},
                 {"num_hidden_layers", g.layers},
                 {"num_attention_heads", g.heads},
                 {"num_key_value_heads", g.kv_heads},
                 {"head_dim", g.head_width},
                 {"rms_norm_eps", 1e-5},
                 {"max_position_embeddings", 131072},
                 {"rope_theta", 1e5},
                 {"tie_word_embeddings", g.tied},
                 {"torch_dtype", "bfloat16"},
                 {"model_type", g.mamba_heads > 0 ? "falcon_h1" : "llama"}};
  if (g.mamba_heads == 0) return config;
  config.update(Json{{"mamba_n_heads", g.mamba_heads},
                     {"mamba_d_head", g.mamba_width},
                     {"mamba_d_ssm", g.inner()},
                     {"mamba_d_state", g.state},
                     {"mamba_n_groups", 1},
                     {"mamba_d_conv", 4},
                     {"mamba_rms_norm", g.gated_norm},
                     {"mamba_norm_before_gate", false},
                     {"embedding_multiplier", 5.656854249492381},
                     {"lm_head_multiplier", 0.0390625},
                     {"key_multiplier", 0.390625},
                     {"attention_in_multiplier", 1.0},
                     {"attention_out_multiplier", 0.9375},
                     {"ssm_in_multiplier", 1.25},
                     {"ssm_out_multiplier", 0.2357022604},
                     {"mlp_multipliers", {0.8838834765, 0.5859375}},
                     {"ssm_multipliers", {0.3535533906, 0.25, 0.3535533906, 0.5, 0.3535533906}}});
  return config;
}

uint16_t bfloat16_of(float value) {
  return static_cast<uint16_t>((std::bit_cast<uint32_t>(value) + 0x8000U) >> 16);
}

// SplitMix64 (Steele et al. 2014): fast enough for a billion weights.
class Random {
 public:
  explicit Random(uint64_t seed) : state_(seed) {}
  uint64_t next() {
    uint64_t z = state_ += 0x9E3779B97F4A7C15U;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9U;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBU;
    return z ^ (z >> 31);
  }
  float uniform() { return static_cast<float>(next() >> 40) * 0x1p-23F - 1.0F; }  // [-1, 1)

 private:
  uint64_t state_;
};

// Around 1 for norms and the like, of variance 1 / inputs for matrices.
std::string random_values(const TensorShape& tensor, Random& random) {
  const bool matrix = tensor.shape.size() > 1;
  const float spread = matrix ? std::sqrt(3.0F / static_cast<float>(tensor.shape.back())) : 0.1F;
  std::vector<uint16_t> values(tensor.size());
  for (uint16_t& value : values) value = bfloat16_of(tensor.center + spread * random.uniform());
  return {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(uint16_t)};
}

}  // namespace

void write_random_model(std::string_view geometry, const Path& folder) {
  const Geometry g = geometry_of(geometry);
  std::filesystem::create_directories(folder);
  write_file(folder / "config.json", config_of(g).dump(1));
  const std::vector<TensorShape> tensors = tensors_of(g);
  Json header = Json::object();
  int64_t offset = 0;
  for (const TensorShape& tensor : tensors) {
    const int64_t end = offset + tensor.size() * 2;
    header[tensor.name] = {
        {"dtype", "BF16"}, {"shape", tensor.shape}, {"data_offsets", {offset, end}}};
    offset = end;
  }
  const std::string text = header.dump();
  const uint64_t size = text.size();
  std::ofstream out(folder / "model.safetensors", std::ios::binary);
  out.write(reinterpret_cast<const char*>(&size), sizeof size);
  out << text;
  Random random(1);
  for (const TensorShape& tensor : tensors) out << random_values(tensor, random);
  out.close();
  if (!out) throw Error(folder.string(), "the random model could not be written");
}

TokenRequest random_request(int64_t tokens, int64_t vocabulary, uint32_t seed) {
  Random random(seed);
  TokenRequest request;
  for (int64_t i = 0; i <= tokens; ++i) {
    request.ids.push_back(static_cast<int32_t>(random.next() % vocabulary));
  }
  request.first_scored = static_cast<int32_t>(tokens);
  return request;
}

double product_flops_per_token(std::string_view geometry) {
  double weights = 0;
  for (const TensorShape& tensor : tensors_of(geometry_of(geometry))) {
    const bool layer = tensor.name.starts_with("model.layers.");
    if (layer && tensor.shape.size() == 2) weights += static_cast<double>(tensor.size());
  }
  return 2 * weights;
}

double head_flops_per_token(std::string_view geometry) {
  const Geometry g = geometry_of(geometry);
  return 2.0 * static_cast<double>(g.vocabulary * g.width);
}

}  // namespace e2lm
