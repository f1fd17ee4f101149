#pragma once

#include <string>
#include <vector>

#include "base/json.h"
#include "engine/request.h"
#include "tests/support/places.h"

namespace e2lm {

// A checkpoint under tests/golden/models with its reference answers.
struct GoldenModel {
  struct Case {
    TokenRequest request;
    TokenScores expected;
  };

  // How far answers lie from the reference's, nats a token.
  struct Distance {
    double mean, max;
  };

  Path folder;
  Distance bfloat16;  // of Hugging Face's own bfloat16
  std::vector<Case> cases;

  static GoldenModel read(const std::string& name) {
    const Path models = source_dir() / "tests/golden/models", distances = models / "bfloat16.json";
    const Json bfloat16 = parse_json(read_file(distances), distances.string())[name];
    GoldenModel model{.folder = models / name, .bfloat16 = {bfloat16["mean"], bfloat16["max"]}};
    const Path path = model.folder / "expected.json";
    const Json expected = parse_json(read_file(path), path.string());
    for (const Json& entry : expected["cases"]) {
      Case item{.request = {entry["ids"].get<std::vector<int32_t>>(), entry["score_from"]},
                .expected = {entry["logprobs"].get<std::vector<double>>(), {}}};
      for (const bool greedy : entry["greedy"]) item.expected.greedy.push_back(greedy);
      model.cases.push_back(std::move(item));
    }
    return model;
  }

  std::vector<TokenRequest> requests() const {
    std::vector<TokenRequest> list;
    for (const Case& item : cases) list.push_back(item.request);
    return list;
  }
};

inline std::vector<std::string> golden_model_names() {
  return {"falcon_h1_biases",
          "falcon_h1_gated_norm_groups",
          "falcon_h1_no_conv_bias_sharded",
          "falcon_h1_norm_before_gate",
          "falcon_h1_plain",
          "llama_gqa",
          "llama_tied_bias_rope3"};
}

}  // namespace e2lm
