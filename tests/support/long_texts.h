#pragma once

// Long texts that branch, for models of at least 96 tokens, and checkpoints with weights that are
// not numbers.

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include "base/json.h"
#include "engine/request.h"
#include "tests/support/scratch.h"

namespace e2lm {

// Texts that go on from somewhere in one another, at and around the places where operations cut a
// path into chunks; all tokens are scored. Tokens from 90 on are in none.
inline std::vector<TokenRequest> branching_texts() {
  std::mt19937 random(21);
  std::vector<TokenRequest> texts;
  for (const int64_t branch : {0, 1, 63, 64, 65, 127, 128, 129, 150, 191, 192, 200, 64, 128, 7}) {
    TokenRequest text{.first_scored = 1};
    if (!texts.empty()) {
      const auto& from = texts[random() % texts.size()].ids;
      text.ids.assign(from.begin(), from.begin() + std::min(branch, std::ssize(from)));
    }
    const size_t length = text.ids.size() + (texts.empty() ? 260 : 2 + random() % 140);
    while (text.ids.size() < length) text.ids.push_back(static_cast<int32_t>(random() % 90));
    texts.push_back(std::move(text));
  }
  return texts;
}

// More of them, each with `token` once: where other texts go on, and in the midst of a run.
inline std::vector<TokenRequest> texts_with(int32_t token, const TokenRequest& from) {
  std::mt19937 random(5);
  std::vector<TokenRequest> texts;
  for (const int64_t place : {5, 38, 63, 64, 100, 140, 201}) {
    for (const bool alone : {false, true}) {
      TokenRequest text = from;
      text.ids.resize(place);
      if (alone) std::shuffle(text.ids.begin(), text.ids.end(), random);
      text.ids.push_back(token);
      for (int i = 0; i < 80; ++i) text.ids.push_back(static_cast<int32_t>(random() % 90));
      texts.push_back(std::move(text));
    }
  }
  return texts;
}

// Fills a row of a tensor with one value, in a checkpoint of one file or several; of F32 or BF16.
inline void spoil_row(const Path& folder, const std::string& name, int64_t number, float value) {
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().extension() != ".safetensors") continue;
    std::string bytes = read_file(entry.path());
    uint64_t length = 0;
    std::memcpy(&length, bytes.data(), sizeof length);
    const Json header = parse_json(bytes.substr(sizeof length, length), entry.path().string());
    if (!header.contains(name)) continue;
    const Json& tensor = header[name];
    const auto begin = tensor["data_offsets"][0].get<int64_t>();
    const auto end = tensor["data_offsets"][1].get<int64_t>();
    const int64_t row = (end - begin) / tensor["shape"][0].get<int64_t>();
    const int64_t at = static_cast<int64_t>(sizeof length + length) + begin + number * row;
    const int64_t size = tensor["dtype"] == "F32" ? 4 : 2;  // bfloat16 is the upper half
    char upper[sizeof value];
    std::memcpy(upper, &value, sizeof value);
    for (int64_t i = 0; i < row; i += size) std::copy_n(upper + 4 - size, size, &bytes[at + i]);
    write_file(entry.path(), bytes);
  }
}

// Makes a weight that every token meets no number, in one copy of a golden model after the other,
// and calls `look` with the tensor's name. NaN has the bits that a card writes.
template <class Look>
void for_each_spoilt_weight(const Path& golden, const Look& look) {
  const Json config = parse_json(read_file(golden / "config.json"), "config.json");
  const std::string layer = "model.layers.1.";
  std::vector<std::string> names = {
      config["tie_word_embeddings"] ? "model.embed_tokens.weight" : "lm_head.weight",
      layer + "self_attn.q_proj.weight", layer + "self_attn.k_proj.weight"};
  if (config["model_type"] == "falcon_h1") {
    names.insert(names.end(), {layer + "mamba.A_log", layer + "mamba.dt_bias"});
  }
  for (const std::string& name : names) {
    for (const float value :
         {std::bit_cast<float>(0x7FFFFFFF), std::numeric_limits<float>::infinity()}) {
      // A scan may forget everything, and has limits for its steps.
      if (name.starts_with(layer + "mamba") && std::isinf(value)) continue;
      const Scratch scratch;
      std::filesystem::copy(golden, scratch / "model");
      spoil_row(scratch / "model", name, 3, value);
      look(name, scratch / "model");
    }
  }
}

// Makes a token's embedding NaN.
inline void spoil_embedding(const Path& folder, int64_t token) {
  spoil_row(folder, "model.embed_tokens.weight", token, std::nanf(""));
}

}  // namespace e2lm
