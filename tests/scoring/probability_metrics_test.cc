#include <gtest/gtest.h>

#include <cmath>

#include "scoring/metrics/metric.h"
#include "tests/support/expect_error.h"

namespace e2lm {
namespace {

double number(const std::string& metric, const Item& item) {
  return std::get<double>(find_metric(metric)->value(item));
}

// Probabilities 0.5, 0.25, 0.125; of 1, 2, 3 characters and 1, 1, 3 tokens.
Item item() {
  return {
      .gold = {1},
      .choices = {{std::log(0.5), 1, 1, 1}, {std::log(0.25), 1, 2, 2}, {std::log(0.125), 3, 3, 3}}};
}

TEST(ProbabilityMetricsTest, AreDataDecidesByChoice) {
  EXPECT_NEAR(number("correct_prob", item()), 0.25, 1e-15);
  EXPECT_NEAR(number("total_prob", item()), 0.875, 1e-15);
  EXPECT_NEAR(number("norm_correct_prob", item()), 0.25 / 0.875, 1e-15);
  EXPECT_NEAR(number("norm_correct_prob", item()), number("prob_norm", item()), 1e-15);
  EXPECT_NEAR(number("prob_margin", item()), -0.25, 1e-15);
}

TEST(ProbabilityMetricsTest, TakeRootsByCharactersOrTokens) {
  EXPECT_NEAR(number("correct_prob_per_char", item()), 0.5, 1e-15);
  EXPECT_NEAR(number("total_prob_per_char", item()), 1.5, 1e-15);
  EXPECT_NEAR(number("norm_correct_prob_per_char", item()), 1.0 / 3, 1e-15);
  EXPECT_NEAR(number("prob_margin_per_char", item()), 0, 1e-15);
  EXPECT_NEAR(number("correct_prob_per_token", item()), 0.25, 1e-15);
  EXPECT_NEAR(number("total_prob_per_token", item()), 1.25, 1e-15);
  EXPECT_NEAR(number("norm_correct_prob_per_token", item()), 0.2, 1e-15);
  EXPECT_NEAR(number("prob_margin_per_token", item()), -0.25, 1e-15);
}

TEST(ProbabilityMetricsTest, SeveralGoldChoicesCountTogether) {
  Item both = item();
  both.gold = {0, 1};
  EXPECT_NEAR(number("correct_prob", both), 0.75, 1e-15);
  EXPECT_NEAR(number("prob_margin", both), 0.375, 1e-15) << "the likeliest of either kind";
}

TEST(ProbabilityMetricsTest, SharesOfVeryUnlikelyChoicesAreDefined) {
  Item unlikely = item();
  for (Choice& choice : unlikely.choices) choice.logprob_nats -= 2000;
  EXPECT_EQ(number("correct_prob", unlikely), 0);
  EXPECT_NEAR(number("norm_correct_prob", unlikely), 0.25 / 0.875, 1e-12);
}

TEST(ProbabilityMetricsTest, SayWhatIsMissing) {
  Item bad = item();
  bad.choices[2].tokens = 0;
  expect_error([&] { number("total_prob_per_token", bad); }, "probability of a choice", "length");
  Item all_gold = item();
  all_gold.gold = {0, 1, 2};
  expect_error([&] { number("prob_margin", all_gold); }, "prob_margin", "no wrong choice");
  Item none = item();
  none.gold = {kNoGold};
  EXPECT_EQ(number("correct_prob", none), 0);
  expect_error([&] { number("prob_margin", none); }, "prob_margin", "none of its choices");
}

}  // namespace
}  // namespace e2lm
