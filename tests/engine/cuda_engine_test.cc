// What the CUDA engine promises besides the golden answers: the same bits for the same requests,
// nearness to the CPU's answer, and errors that say what is wrong.

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <random>

#include "engine/engine.h"
#include "tests/support/devices.h"
#include "tests/support/golden_model.h"
#include "tests/support/long_texts.h"
#include "tests/support/same_bits.h"
#include "tests/support/scratch.h"

namespace e2lm {
namespace {

// The emulated card takes seconds where a real one takes none.
#ifdef E2LM_CUDA_EMULATED
constexpr int32_t kLongText = 600;
#else
constexpr int32_t kLongText = 5000;
#endif

class CudaLaws : public testing::TestWithParam<std::tuple<std::string, Precision>> {
 protected:
  void SetUp() override { E2LM_SKIP_WITHOUT(Device::cuda, precision_); }

  std::vector<TokenScores> score(const std::vector<TokenRequest>& requests,
                                 EngineOptions options = {}) {
    options.device = Device::cuda;
    options.precision = precision_;
    const auto engine = Engine::open(checkpoint_, options);
    std::vector<TokenScores> scores(requests.size());
    last_ = engine->score(PrefixTree::build(requests),
                          [&](int32_t r, TokenScores s) { scores[r] = std::move(s); });
    return scores;
  }

  // The golden requests, each with a few ends, and texts of several units that share beginnings.
  std::vector<TokenRequest> make_requests() const {
    std::vector<TokenRequest> requests = golden_.requests();
    std::mt19937 random(5);
    TokenRequest text{.first_scored = 1};
    for (int i = 0; i < 330; ++i) text.ids.push_back(static_cast<int32_t>(random() % 90));
    for (const int end : {260, 290, 330}) {
      for (int32_t choice = 0; choice < 2; ++choice) {
        TokenRequest request = text;
        request.ids.resize(end);
        for (int i = 0; i < 3 + choice; ++i) request.ids.push_back((choice * 7 + i) % 90);
        request.first_scored = end;
        requests.push_back(std::move(request));
      }
    }
    return requests;
  }

  // For one answer in float32, or in bfloat16: no farther from float32 than the original's.
  double tolerance(double in_float32) const {
    return precision_ == Precision::float32 ? in_float32 : golden_.bfloat16.max;
  }

  GoldenModel golden_ = GoldenModel::read(std::get<0>(GetParam()));
  Checkpoint checkpoint_ = Checkpoint::open(golden_.folder);
  Precision precision_ = std::get<1>(GetParam());
  std::vector<TokenRequest> requests_ = make_requests();
  EngineStats last_;
};

TEST_P(CudaLaws, OrderWavesAndRepetitionChangeNothing) {
  const auto expected = score(requests_);
  expect_same_bits(score(requests_), expected, "again");
  for (const int64_t rows : {64, 300}) {
    expect_same_bits(score(requests_, {.wave_rows = rows}), expected, "waves");
    EXPECT_GT(last_.waves, 1);
  }
  std::vector<int> order(requests_.size());
  std::iota(order.begin(), order.end(), 0);
  std::shuffle(order.begin(), order.end(), std::mt19937(7));
  std::vector<TokenRequest> shuffled;
  std::vector<TokenScores> shuffled_expected;
  for (const int i : order) {
    shuffled.push_back(requests_[i]);
    shuffled_expected.push_back(expected[i]);
  }
  expect_same_bits(score(shuffled, {.wave_rows = 500}), shuffled_expected, "shuffled");
}

TEST_P(CudaLaws, WeightsThatAreNoNumbersLeaveNoScore) {
  const TokenRequest text{{5, 6, 7, 8, 9}, 1};
  for_each_spoilt_weight(golden_.folder, [&](const std::string& name, const Path& model) {
    checkpoint_ = Checkpoint::open(model);
    const auto scores = score({text});
    for (const double nats : scores[0].logprobs_nats) EXPECT_FALSE(std::isfinite(nats)) << name;
  });
}

// Another set of requests makes another tree, and sums in another order; the CPU does likewise.
TEST_P(CudaLaws, OtherCompanyAndTheCpuAgreeWithinRounding) {
  const auto expected = score(requests_);
  const auto near = [&](const TokenScores& a, const TokenScores& b, double tolerance,
                        const char* what) {
    for (size_t t = 0; t < a.logprobs_nats.size(); ++t) {
      EXPECT_NEAR(a.logprobs_nats[t], b.logprobs_nats[t], tolerance) << what;
    }
  };
  for (size_t i = 0; i < requests_.size(); i += 5) {
    near(score({requests_[i]})[0], expected[i], tolerance(1e-4), "alone");
  }
  // In bfloat16 either may be as far from float32 as the original, in opposite directions.
  const double apart = precision_ == Precision::float32 ? 5e-4 : 2 * golden_.bfloat16.max;
  const auto cpu = Engine::open(checkpoint_, {.precision = precision_});
  const auto on_cpu = score_all(*cpu, requests_);
  for (size_t i = 0; i < requests_.size(); ++i) {
    near(on_cpu[i], expected[i], apart, "CPU");
  }
}

// Longer than a wave: it goes through in pieces, each from the state and the keys of those before.
TEST_P(CudaLaws, ALongTextPassesInPieces) {
  const Scratch scratch;
  std::filesystem::copy(golden_.folder, scratch / "model");
  const Path config = scratch / "model/config.json";
  Json json = parse_json(read_file(config), config.string());
  json["max_position_embeddings"] = kLongText;
  write_file(config, json.dump());
  std::mt19937 random(11);
  TokenRequest text{.first_scored = kLongText - 50};
  for (int32_t i = 0; i < kLongText; ++i) text.ids.push_back(static_cast<int32_t>(random() % 90));
  const Checkpoint checkpoint = Checkpoint::open(scratch / "model");
  const auto cpu = Engine::open(checkpoint, {.precision = Precision::float32});
  const auto expected = score_all(*cpu, {&text, 1});
  for (const int64_t rows : {64, 100000}) {
    const auto cuda = Engine::open(
        checkpoint, {.device = Device::cuda, .precision = precision_, .wave_rows = rows});
    const auto scores = score_all(*cuda, {&text, 1});
    for (size_t t = 0; t < scores[0].logprobs_nats.size(); ++t) {
      EXPECT_NEAR(scores[0].logprobs_nats[t], expected[0].logprobs_nats[t], tolerance(5e-4));
    }
  }
}

// Of models whose head is not the embedding: one that is not a number would spoil every score.
class UntiedCudaLaws : public CudaLaws {};

// As on the CPU: a token whose embedding is not a number spoils what comes after it, and nothing
// else. With a usual token in its place the tree is the same, and so are other scores but for
// rounding.
TEST_P(UntiedCudaLaws, WhatIsNotANumberSpoilsNoOtherText) {
  constexpr int32_t kUsual = 94, kBad = 95;
  const Scratch scratch;
  std::filesystem::copy(golden_.folder, scratch / "model");
  spoil_embedding(scratch / "model", kBad);
  checkpoint_ = Checkpoint::open(scratch / "model");
  const auto with = [](int32_t token) {
    std::vector<TokenRequest> texts = branching_texts();
    const std::vector<TokenRequest> more = texts_with(token, texts[0]);
    texts.insert(texts.end(), more.begin(), more.end());
    return texts;
  };
  const std::vector<TokenRequest> texts = with(kBad);
  const auto expected = score(with(kUsual));
  const auto scores = score(texts, {.wave_rows = 100});
  for (size_t i = 0; i < texts.size(); ++i) {
    const auto& ids = texts[i].ids;
    const auto bad = std::find(ids.begin(), ids.end(), kBad) - ids.begin();
    for (int64_t t = 1; t < std::ssize(ids); ++t) {
      const double logprob = scores[i].logprobs_nats[t - 1];
      const std::string where = std::to_string(i) + ", token " + std::to_string(t);
      if (t < bad) {
        ASSERT_NEAR(logprob, expected[i].logprobs_nats[t - 1], tolerance(1e-4)) << where;
      } else {
        ASSERT_EQ(std::isnan(logprob), t > bad) << where;
      }
    }
  }
}

std::vector<std::string> tested_models() {
#ifdef E2LM_CUDA_EMULATED
  return {"falcon_h1_gated_norm_groups", "llama_gqa", "llama_tied_bias_rope3"};
#else
  return golden_model_names();
#endif
}

auto in_both_precisions(const std::vector<std::string>& models) {
  return testing::Combine(testing::ValuesIn(models),
                          testing::Values(Precision::float32, Precision::bfloat16));
}

std::string law_name(const testing::TestParamInfo<CudaLaws::ParamType>& law) {
  const auto& [model, precision] = law.param;
  return model + "_" + std::string(precision_name(precision));
}

INSTANTIATE_TEST_SUITE_P(All, CudaLaws, in_both_precisions(tested_models()), law_name);
INSTANTIATE_TEST_SUITE_P(All, UntiedCudaLaws, in_both_precisions({"falcon_h1_plain", "llama_gqa"}),
                         law_name);

}  // namespace
}  // namespace e2lm
