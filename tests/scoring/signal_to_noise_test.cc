#include "scoring/curves/signal_to_noise.h"

#include <gtest/gtest.h>

#include "scoring/curves/fine_tasks.h"

namespace e2lm {
namespace {

Curve curve_of(const std::vector<double>& values) {
  Curve curve;
  for (size_t i = 0; i < values.size(); ++i) {
    const auto step = static_cast<int64_t>(i + 1);
    curve.push_back({step, 10e9 * static_cast<double>(step), values[i], {}});
  }
  return curve;
}

TEST(SignalToNoiseTest, IsTheRatioOfSpreads) {
  // The last two of each: means 2 and 4, deviations 1 and 0.
  const std::vector<Curve> models = {curve_of({9, 1, 3}), curve_of({9, 4, 4})};
  const SignalToNoise result = signal_to_noise(models, 2);
  EXPECT_EQ(result.last_steps, (std::vector<int64_t>{2, 3}));
  EXPECT_DOUBLE_EQ(*result.noise[0], 0.5);
  EXPECT_DOUBLE_EQ(*result.noise[1], 0);
  EXPECT_DOUBLE_EQ(*result.signal, 2.0 / 3);
  EXPECT_DOUBLE_EQ(*result.snr[0], 4.0 / 3);
  EXPECT_FALSE(result.snr[1].has_value()) << "no noise to divide by";
  EXPECT_DOUBLE_EQ(*result.snr_mean_noise, 2.0 / 3 / 0.25);
  EXPECT_NEAR(*result.snr_pooled, 2.0 / 3 / (std::sqrt(1.5) / 3), 1e-12);
}

TEST(SignalToNoiseTest, NegativeScoresHavePositiveRatios) {
  const std::vector<Curve> models = {curve_of({-1, -3}), curve_of({-4, -5})};
  const SignalToNoise result = signal_to_noise(models);
  EXPECT_GT(*result.snr[0], 0);
  EXPECT_GT(*result.snr_mean_noise, 0);
}

TEST(SignalToNoiseTest, NeedsTwoModelsAndTwoCheckpoints) {
  EXPECT_FALSE(signal_to_noise(std::vector<Curve>{curve_of({1, 2, 3})}).signal.has_value());
  EXPECT_FALSE(
      signal_to_noise(std::vector<Curve>{curve_of({1}), curve_of({2})}).signal.has_value());
  EXPECT_FALSE(signal_to_noise({}).signal.has_value());
  const std::vector<Curve> zero = {curve_of({0, 0}), curve_of({0, 0})};
  EXPECT_FALSE(signal_to_noise(zero).signal.has_value()) << "a mean of 0";
}

TEST(VariationTest, CountsRisesAndFalls) {
  const Variation result = variation(std::vector<double>{0, 2, 1, 1, 4});
  EXPECT_DOUBLE_EQ(*result.monotonicity, (2.0 - 1) / 3);
  EXPECT_DOUBLE_EQ(*result.total_variation, 6.0 / 4);
  EXPECT_DOUBLE_EQ(*result.normalised, 1.5 / 4);
  EXPECT_DOUBLE_EQ(*result.improvement, 4.0 / 5);
  const Variation constant = variation(std::vector<double>{1, 1});
  EXPECT_FALSE(constant.monotonicity.has_value());
  EXPECT_FALSE(constant.normalised.has_value());
  EXPECT_DOUBLE_EQ(*constant.total_variation, 0);
  EXPECT_FALSE(variation(std::vector<double>{1}).total_variation.has_value());
}

TEST(FineTasksTest, DistanceFromChanceIsInDeviationsOfTheLastScores) {
  // The last five: mean 0.42, population deviation 0.04.
  const Curve curve = curve_of({0.25, 0.5, 0.38, 0.46, 0.42, 0.38, 0.46});
  const double deviation = 0.0357770876;
  const FineTasksCurve result = fine_tasks(curve, 0.25);
  EXPECT_NEAR(*result.snr, 0.42 / deviation, 1e-6);
  EXPECT_NEAR(*result.non_randomness, 0.25 / deviation, 1e-6);
  EXPECT_FALSE(fine_tasks(curve, {}).non_randomness.has_value());
  EXPECT_FALSE(fine_tasks(curve_of({1, 1, 1}), 0.25).snr.has_value());
  EXPECT_DOUBLE_EQ(*fine_tasks(curve_of({3, 2, 1}), {}).monotonicity, -1) << "not floored";
  EXPECT_FALSE(fine_tasks(curve_of({3}), 0.25).monotonicity.has_value());
}

TEST(FineTasksTest, OrderingIsOfConsecutiveCheckpointsPastFifteenBillionTokens) {
  const std::vector<Curve> models = {curve_of({9, 1, 2, 3}), curve_of({1, 2, 3, 1}),
                                     curve_of({5, 3, 4, 5})};
  const ModelOrdering ordering = model_ordering(models);
  EXPECT_EQ(ordering.steps, (std::vector<int64_t>{2, 3, 4}));
  EXPECT_EQ(ordering.pairs, 2);
  // From 2 to 3 nothing changes; from 3 to 4 the first two swap.
  EXPECT_DOUBLE_EQ(*ordering.kendall_tau_a, (1 + 1.0 / 3) / 2);
  EXPECT_FALSE(model_ordering(models, 1e12).kendall_tau_a.has_value());
  EXPECT_FALSE(model_ordering(std::span(models).first(1)).kendall_tau_a.has_value());
}

}  // namespace
}  // namespace e2lm
