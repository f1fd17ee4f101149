#include "harness/submission/scores.h"

#include <gtest/gtest.h>

namespace e2lm::submission {
namespace {

// A member with one series of three steps, two items right at the first and one more at each.
TaskCurves member(const std::string& name, int items, std::vector<int64_t> steps) {
  TaskCurves task{.task = name, .metric = "acc", .chance = items == 4 ? 0.25 : 0.5};
  task.item_count = items;
  SeriesCurve& series = task.series.emplace_back();
  series.series = "s";
  int right = 1;
  for (const int64_t step : steps) {
    std::vector<float> values(items, 0.0F);
    std::fill(values.begin(), values.begin() + right, 1.0F);
    series.curve.push_back({.step = step,
                            .tokens = 10.0 * static_cast<double>(step),
                            .value = static_cast<double>(right) / items,
                            .standard_error = 0.1});
    series.items.add(values);
    ++right;
  }
  return task;
}

TEST(PoolCurvesTest, EveryDocumentCountsTheSame) {
  const TaskCurves a = member("a", 4, {1, 2, 3}), b = member("b", 6, {1, 3});
  const std::vector<const TaskCurves*> members = {&a, &b};
  const TaskCurves pooled = pool_curves("g", members, true);
  EXPECT_EQ(pooled.task, "g");
  EXPECT_EQ(pooled.item_count, 10);
  EXPECT_DOUBLE_EQ(*pooled.chance, (4 * 0.25 + 6 * 0.5) / 10);
  const SeriesCurve& series = pooled.series.at(0);
  ASSERT_EQ(series.curve.size(), 2u) << "only steps that both have";
  EXPECT_EQ(series.curve[1].step, 3);
  EXPECT_EQ(series.curve[1].tokens, 30);
  EXPECT_DOUBLE_EQ(series.curve[0].value, 0.2);
  EXPECT_DOUBLE_EQ(series.curve[1].value, 0.5);
  ASSERT_EQ(series.items.checkpoints(), 2);
  const auto at = series.items.at(1);
  EXPECT_EQ(std::vector<float>(at.begin(), at.end()),
            (std::vector<float>{1, 1, 1, 0, 1, 1, 0, 0, 0, 0}));
}

TEST(PoolCurvesTest, EveryTaskCountsTheSame) {
  const TaskCurves a = member("a", 4, {1, 2}), b = member("b", 6, {1, 2});
  const std::vector<const TaskCurves*> members = {&a, &b};
  const TaskCurves pooled = pool_curves("g", members, false);
  EXPECT_DOUBLE_EQ(pooled.series[0].curve[0].value, (1.0 / 4 + 1.0 / 6) / 2);
  EXPECT_DOUBLE_EQ(*pooled.chance, 0.375);
  EXPECT_TRUE(pooled.series[0].items.empty());
}

}  // namespace
}  // namespace e2lm::submission
