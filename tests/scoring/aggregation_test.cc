// Expected bootstrap errors were printed by lm-evaluation-harness 0.4.13 on these values.

#include "scoring/metrics/aggregation.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

#include "base/random.h"
#include "tests/support/expect_error.h"

namespace e2lm {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

using Values = std::vector<MetricValue>;

Values pairs(const std::vector<std::pair<int, int>>& labels) {
  Values values;
  for (const auto& [gold, prediction] : labels) {
    values.emplace_back(GoldAndPrediction{gold, prediction});
  }
  return values;
}

Values numbers(const std::vector<double>& list) {
  return {list.begin(), list.end()};
}

double value(std::string_view name, const Values& values) {
  return aggregate(*find_aggregation(name), values, {.draws = 0}).value;
}

double error(std::string_view name, const Values& values, int64_t draws, int threads = 1) {
  return *aggregate(*find_aggregation(name), values, {draws, threads}).standard_error;
}

// What random.Random(7).random() * -9 gives 37 times.
Values some_nats() {
  Random random(7);
  Values values;
  for (int i = 0; i < 37; ++i) values.emplace_back(random.uniform() * -9);
  return values;
}

TEST(AggregationTest, NumbersByHand) {
  EXPECT_DOUBLE_EQ(value("mean", numbers({1, 2, 6})), 3);
  EXPECT_EQ(value("median", numbers({3, 1, 2, 4})), 3);  // the upper of the two middle ones
  EXPECT_EQ(value("median", numbers({5, 1, 2})), 2);
  EXPECT_EQ(value("median", numbers({1})), 1);
  EXPECT_DOUBLE_EQ(value("nanmean", numbers({1, kNan, 3.5})), 2.25);
  EXPECT_TRUE(std::isnan(value("nanmean", numbers({kNan, kNan}))));
  EXPECT_DOUBLE_EQ(value("perplexity", numbers({-1, -2})), std::exp(1.5));
}

TEST(AggregationTest, WeightedByWordsOrBytes) {
  const Values values = {OverSize{-6, 2}, OverSize{-2, 6}};
  EXPECT_DOUBLE_EQ(value("weighted_perplexity", values), std::exp(1.0));
  EXPECT_DOUBLE_EQ(value("bits_per_byte", values), 1 / std::log(2));
  expect_error([] { value("bits_per_byte", {OverSize{-1, 0}}); }, "no words or bytes");
}

TEST(AggregationTest, F1IsOfLabelOne) {
  EXPECT_EQ(value("f1", pairs({{0, 0}, {0, 0}})), 0);
  EXPECT_EQ(value("f1", pairs({{5, 5}})), 0);
  EXPECT_EQ(value("f1", pairs({{1, 1}, {1, 1}})), 1);
  EXPECT_EQ(value("f1", pairs({{1, 0}, {0, 1}})), 0);
  EXPECT_DOUBLE_EQ(value("f1", pairs({{1, 1}, {2, 1}})), 2.0 / 3);
  EXPECT_DOUBLE_EQ(value("f1", pairs({{-1, 1}, {1, 1}})), 2.0 / 3);
  EXPECT_DOUBLE_EQ(value("f1", pairs({{-100, 1}, {1, 1}, {1, -100}})), 0.5);
  expect_error([] { value("f1", pairs({{0, 1}, {1, 1}, {2, 2}})); }, "f1", "0, 1, 2");
  expect_error([] { value("f1", pairs({{0, 2}, {2, 0}})); }, "f1", "0, 2", "label 1");
}

TEST(AggregationTest, MatthewsCorrelationTakesAnyLabels) {
  EXPECT_EQ(value("matthews_corrcoef", pairs({{0, 0}, {0, 0}})), 0);
  EXPECT_EQ(value("matthews_corrcoef", pairs({{1, 1}, {2, 1}})), 0);
  EXPECT_DOUBLE_EQ(value("matthews_corrcoef", pairs({{0, 2}, {2, 0}})), -1);
  EXPECT_DOUBLE_EQ(value("matthews_corrcoef", pairs({{-100, 1}, {1, 1}, {1, -100}})), -0.5);
  EXPECT_DOUBLE_EQ(value("matthews_corrcoef", pairs({{0, 1}, {1, 1}, {2, 2}})), 0.6123724356957946);
}

TEST(AggregationTest, BrierScoreSumsOverChoices) {
  EXPECT_DOUBLE_EQ(value("brier_score", {GoldAndProbabilities{0, {0.2, 0.8}}}), 1.28);
  EXPECT_DOUBLE_EQ(value("brier_score", {GoldAndProbabilities{-1, {0.2, 0.8}}}), 0.08);
  EXPECT_DOUBLE_EQ(value("brier_score", {GoldAndProbabilities{1, {0.2, 0.8}},
                                         GoldAndProbabilities{1, {0.5, 0.5}}}),
                   (0.08 + 0.5) / 2);
  for (const int gold : {-100, 2, -3}) {
    expect_error(
        [&] {
          value("brier_score", {GoldAndProbabilities{gold, {0.2, 0.8}}});
        },
        "brier_score", std::to_string(gold));
  }
  expect_error(
      [] {
        value("brier_score",
              {GoldAndProbabilities{0, {0.2, 0.8}}, GoldAndProbabilities{0, {0.2, 0.7, 0.1}}});
      },
      "brier_score", "number of choices");
}

TEST(AggregationTest, StandardErrorsByRule) {
  EXPECT_DOUBLE_EQ(error("mean", numbers({1, 2, 6}), 5), std::sqrt(7.0 / 3));
  for (const Aggregation& aggregation : aggregations()) {
    const Values values = aggregation.kind == ValueKind::number      ? numbers({1, 2, 6})
                          : aggregation.kind == ValueKind::over_size ? Values(3, OverSize{-1, 2})
                          : aggregation.kind == ValueKind::prediction
                              ? pairs({{0, 1}, {1, 1}})
                              : Values(3, GoldAndProbabilities{0, {0.5, 0.5}});
    const bool has_error = aggregation.error != Aggregation::ErrorRule::none;
    EXPECT_EQ(aggregate(aggregation, values, {.draws = 10}).standard_error.has_value(), has_error)
        << aggregation.name;
    EXPECT_FALSE(aggregate(aggregation, values, {.draws = 0}).standard_error) << aggregation.name;
    EXPECT_FALSE(aggregate(aggregation, std::span(values).first(1), {.draws = 10}).standard_error)
        << aggregation.name;
  }
}

TEST(AggregationTest, BootstrapErrorsOfNumbersAreTheHarnesss) {
  const Values nats = some_nats();
  EXPECT_DOUBLE_EQ(value("perplexity", nats), 32.65883460035827);
  EXPECT_NEAR(error("perplexity", nats, 2), 4.677655956825066, 1e-9);
  EXPECT_NEAR(error("perplexity", nats, 50), 14.4995449591124, 1e-9);
  EXPECT_NEAR(error("perplexity", nats, 1500), 14.770914953194517, 1e-9);  // one chunk of 1000
  EXPECT_NEAR(error("perplexity", nats, 3000), 15.791536162423242, 1e-9);
  EXPECT_NEAR(error("perplexity", nats, 100000), 15.697765474542317, 1e-9);
  EXPECT_EQ(value("median", nats), -3.2912002522132697);
  EXPECT_NEAR(error("median", nats, 50), 0.5849702431335404, 1e-12);
  EXPECT_NEAR(error("median", nats, 3000), 0.7180230219091812, 1e-12);
  EXPECT_NEAR(error("median", nats, 100000), 0.7231251334271221, 1e-12);
  Values gaps = nats;
  for (size_t i = 0; i < gaps.size(); i += 5) gaps[i] = kNan;
  EXPECT_DOUBLE_EQ(value("nanmean", gaps), -3.5411189515344534);
  EXPECT_NEAR(error("nanmean", gaps, 50), 0.41828832715106995, 1e-12);
  EXPECT_NEAR(error("nanmean", gaps, 3000), 0.4738213592205645, 1e-12);
}

TEST(AggregationTest, BootstrapErrorsOfLabelsAreTheHarnesss) {
  const Values two = pairs({{1, 1}, {1, 1}, {1, 1}, {0, 0}, {0, 0}, {1, 1}, {1, 1}, {1, 0},
                            {0, 1}, {0, 1}, {0, 1}, {1, 0}, {0, 1}, {1, 1}, {1, 1}, {0, 0},
                            {1, 1}, {0, 0}, {1, 1}, {1, 1}, {1, 0}, {1, 1}, {0, 0}});
  EXPECT_DOUBLE_EQ(value("f1", two), 0.7586206896551724);
  EXPECT_NEAR(error("f1", two, 50), 0.08355121504710564, 1e-12);
  EXPECT_NEAR(error("f1", two, 300), 0.09663907631749018, 1e-12);
  const Values five =
      pairs({{2, 0}, {0, 2}, {0, 1}, {2, 3}, {2, 0},  {0, 3},  {2, 2},  {0, 3},  {3, 2}, {2, 2},
             {2, 1}, {0, 0}, {0, 1}, {0, 1}, {-1, 3}, {3, 1},  {1, 2},  {-1, 1}, {2, 2}, {3, 2},
             {0, 0}, {2, 3}, {2, 3}, {2, 0}, {2, 3},  {-1, 1}, {-1, 1}, {2, 1},  {-1, 2}});
  EXPECT_NEAR(value("matthews_corrcoef", five), -0.0344328927927507, 1e-15);
  EXPECT_NEAR(error("matthews_corrcoef", five, 50), 0.08685512380214369, 1e-12);
  EXPECT_NEAR(error("matthews_corrcoef", five, 300), 0.09123915137706275, 1e-12);
}

TEST(AggregationTest, ThreadsChangeNoBit) {
  const Values nats = some_nats();
  EXPECT_EQ(error("perplexity", nats, 7000, 1), error("perplexity", nats, 7000, 3));
}

TEST(AggregationTest, RefusesWhatItCannotTake) {
  EXPECT_EQ(find_aggregation("mode"), nullptr);
  expect_error([] { value("mean", pairs({{0, 1}})); }, "'mean'", "does not take");
  expect_error([] { error("median", numbers({1, 2}), 1); }, "bootstrap", "at least 2");
}

}  // namespace
}  // namespace e2lm
