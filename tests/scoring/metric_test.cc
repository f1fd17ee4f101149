#include "scoring/metric.h"

#include <gtest/gtest.h>

#include <cmath>

namespace e2lm {
namespace {

Item item(int gold, std::vector<Choice> choices) {
  return {gold, std::move(choices)};
}

double value(std::string_view metric, const Item& item) {
  return find_metric(metric)->value(item);
}

TEST(MetricTest, AccuracyTakesTheFirstOfEqualChoices) {
  const Item tie = item(1, {{-2, 1, 4, 4}, {-2, 1, 4, 4}, {-3, 1, 4, 4}});
  EXPECT_EQ(value("acc", tie), 0.0);
  const Item first = item(0, tie.choices);
  EXPECT_EQ(value("acc", first), 1.0);
}

TEST(MetricTest, NormalisedAccuracyDividesByCharactersNotBytes) {
  // -6 / 3 characters = -2 loses to -7 / 4 = -1.75; by bytes -6 / 6 = -1 would win.
  const Item words = item(1, {{-6, 1, 3, 6}, {-7, 1, 4, 4}});
  EXPECT_EQ(value("acc", words), 0.0);
  EXPECT_EQ(value("acc_norm", words), 1.0);
}

TEST(MetricTest, MarginsAreInNats) {
  const Item words = item(2, {{-4, 1, 1, 1}, {-1, 1, 1, 1}, {-1.5, 1, 1, 1}});
  EXPECT_DOUBLE_EQ(value("margin", words), -0.5);
  EXPECT_DOUBLE_EQ(value("margin_mean", words), 1.0);
}

TEST(MetricTest, MeanAndStandardErrorAreTheHarnesss) {
  const std::vector<Item> items = {item(0, {{-1, 1, 1, 1}, {-2, 1, 1, 1}}),
                                   item(0, {{-1, 1, 1, 1}, {-2, 1, 1, 1}}),
                                   item(1, {{-1, 1, 1, 1}, {-2, 1, 1, 1}}),
                                   item(0, {{-1, 1, 1, 1}, {-2, 1, 1, 1}, {-3, 1, 1, 1}})};
  const Score score = score_items(*find_metric("acc"), items);
  EXPECT_DOUBLE_EQ(score.mean, 0.75);
  EXPECT_DOUBLE_EQ(score.standard_error, std::sqrt(0.25 / 4));  // sample sd 0.5
  EXPECT_EQ(score.items, 4);
  EXPECT_DOUBLE_EQ(*chance_level(*find_metric("acc"), items), (3 * 0.5 + 1.0 / 3) / 4);
  EXPECT_FALSE(chance_level(*find_metric("margin"), items).has_value());
}

TEST(MetricTest, OneItemHasNoStandardError) {
  EXPECT_EQ(score_items(*find_metric("acc"), std::vector{item(0, {{-1, 1, 1, 1}})}).standard_error,
            0.0);
}

TEST(MetricTest, UnknownNamesAreNull) {
  EXPECT_EQ(find_metric("accuracy"), nullptr);
}

}  // namespace
}  // namespace e2lm
