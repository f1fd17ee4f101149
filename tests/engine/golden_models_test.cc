#include <gtest/gtest.h>

#include <cmath>

#include "engine/engine.h"
#include "tests/support/golden_model.h"

namespace e2lm {
namespace {

// Independent float64 arithmetic agrees with the reference to 2e-5; the rest is float32 rounding
// through a few layers.
constexpr double kTolerance = 2e-4;

class GoldenModels : public testing::TestWithParam<std::string> {};

TEST_P(GoldenModels, EveryTokenHasTheReferenceLogProbability) {
  const GoldenModel golden = GoldenModel::read(GetParam());
  const Checkpoint checkpoint = Checkpoint::open(golden.folder);
  const auto engine = Engine::open(checkpoint, {.precision = Precision::float32});
  const auto scores = score_all(*engine, golden.requests());
  double worst = 0;
  for (size_t i = 0; i < golden.cases.size(); ++i) {
    const TokenScores& expected = golden.cases[i].expected;
    ASSERT_EQ(scores[i].logprobs_nats.size(), expected.logprobs_nats.size()) << "case " << i;
    for (size_t t = 0; t < expected.logprobs_nats.size(); ++t) {
      worst = std::max(worst, std::abs(scores[i].logprobs_nats[t] - expected.logprobs_nats[t]));
    }
    EXPECT_EQ(scores[i].greedy, expected.greedy) << "case " << i;
  }
  EXPECT_LE(worst, kTolerance);
  RecordProperty("largest_difference_nats", std::to_string(worst));
}

// Hugging Face's own bfloat16, measured on the same requests, sets the bound.
TEST_P(GoldenModels, Bfloat16IsAtLeastAsNearAsTheOriginals) {
  const GoldenModel golden = GoldenModel::read(GetParam());
  const Path path = Path(E2LM_SOURCE_DIR) / "tests/golden/models/bfloat16.json";
  const Json bound = parse_json(read_file(path), path.string())[GetParam()];
  const Checkpoint checkpoint = Checkpoint::open(golden.folder);
  const auto engine = Engine::open(checkpoint, {.precision = Precision::bfloat16});
  const auto scores = score_all(*engine, golden.requests());
  double sum = 0, worst = 0;
  int64_t count = 0;
  for (size_t i = 0; i < golden.cases.size(); ++i) {
    for (size_t t = 0; t < scores[i].logprobs_nats.size(); ++t, ++count) {
      const double expected = golden.cases[i].expected.logprobs_nats[t];
      const double off = std::abs(scores[i].logprobs_nats[t] - expected);
      sum += off;
      worst = std::max(worst, off);
    }
  }
  EXPECT_GT(worst, 1e-5) << "this is not bfloat16";
  EXPECT_LE(sum / static_cast<double>(count), bound["mean"].get<double>());
  EXPECT_LE(worst, bound["max"].get<double>());
}

INSTANTIATE_TEST_SUITE_P(All, GoldenModels, testing::ValuesIn(golden_model_names()),
                         [](const auto& model) { return model.param; });

}  // namespace
}  // namespace e2lm
