#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "tests/scoring/made_series.h"

namespace e2lm {
namespace {

void expect_inside(const std::optional<Interval>& interval, double low, double high) {
  ASSERT_TRUE(interval.has_value());
  EXPECT_LE(interval->low, interval->high);
  EXPECT_GE(interval->low, low);
  EXPECT_LE(interval->high, high);
}

TEST(JudgementIntervalsTest, EveryPartAndTheTotalHaveIntervals) {
  const Judgement result = judge({answered_task()}, kRules)[0];
  expect_inside(result.signal_interval, 0.3, 1);
  expect_inside(result.ranking_interval, 0, 1);
  expect_inside(result.compliance_interval, 0, 1);
  expect_inside(result.total_interval, 0, 1);
  EXPECT_EQ(result.signal[0].interval_from, DrawSource::items);
  expect_inside(result.signal[0].interval, 0.3, 1);
  expect_inside(result.ranking[0].interval, 0, 1);
  expect_inside(result.compliance[0].interval, 0, 1);
  // The total is the weighted sum of its parts in each draw, so no wider than the parts together.
  const auto sum = [&](double Interval::*end) {
    return 0.5 * (*result.signal_interval).*end + 0.1 * (*result.ranking_interval).*end +
           0.4 * (*result.compliance_interval).*end;
  };
  EXPECT_GE(result.total_interval->low, sum(&Interval::low) - 1e-9);
  EXPECT_LE(result.total_interval->high, sum(&Interval::high) + 1e-9);
}

TEST(JudgementIntervalsTest, IntervalsDependOnTheSeedAndNotOnThreads) {
  const TaskCurves task = answered_task();
  ScoringRules rules = kRules;
  rules.draws = 300;
  const Judgement one = judge({task, task}, rules, 1)[1], two = judge({task, task}, rules, 2)[1],
                  three = judge({task}, rules, 3)[0];
  EXPECT_EQ(one.total_interval->low, two.total_interval->low);
  EXPECT_EQ(one.total_interval->high, three.total_interval->high);
  EXPECT_EQ(one.signal_noise_mean, three.signal_noise_mean);
  rules.seed = 99;
  EXPECT_NE(judge({task}, rules, 1)[0].total_interval->low, one.total_interval->low);
}

// Nor on the order in which files were read.
TEST(JudgementIntervalsTest, IntervalsDoNotDependOnTheOrderOfSeries) {
  TaskCurves task = answered_task();
  for (SeriesCurve& one : task.series) {
    one.items = {};
    for (CurvePoint& point : one.curve) point.standard_error = 0.02 + 0.01 * point.value;
  }
  const Judgement one = judge({task}, kRules)[0];
  std::reverse(task.series.begin(), task.series.end());
  const Judgement other = judge({task}, kRules)[0];
  EXPECT_EQ(one.signal[0].interval->low, other.signal[2].interval->low);
  EXPECT_EQ(one.compliance[0].interval->high, other.compliance[1].interval->high);
  EXPECT_NEAR(one.total_interval->low, other.total_interval->low, 1e-9);
  EXPECT_EQ(one.signal_noise_p, other.signal_noise_p);
}

TEST(JudgementIntervalsTest, ItemValuesThatDoNotCoverTheCurveAreNotUsed) {
  TaskCurves task = answered_task();
  task.series[0].curve.push_back({21, 2100, 0.5, 0.02});
  const Judgement result = judge({task}, kRules)[0];
  EXPECT_FALSE(result.signal[0].interval.has_value());
  EXPECT_TRUE(result.signal[1].interval.has_value());
}

TEST(JudgementIntervalsTest, NoDrawsNoIntervals) {
  ScoringRules rules = kRules;
  rules.draws = rules.null_draws = 0;
  const Judgement result = judge({answered_task()}, rules)[0];
  EXPECT_TRUE(result.total.has_value());
  EXPECT_FALSE(result.total_interval.has_value());
  EXPECT_FALSE(result.signal_noise_p.has_value());
  EXPECT_FALSE(result.signal[0].interval.has_value());
}

TEST(JudgementIntervalsTest, APartWhoseErrorIsNotKnownHasNoInterval) {
  TaskCurves task = answered_task();
  task.series[1].items = {};
  for (CurvePoint& point : task.series[1].curve) point.standard_error.reset();
  const Judgement result = judge({task}, kRules)[0];
  EXPECT_TRUE(result.signal[0].interval.has_value());
  EXPECT_FALSE(result.signal[1].interval.has_value());
  EXPECT_EQ(result.signal[1].interval_from, DrawSource::none);
  EXPECT_FALSE(result.signal_interval.has_value());
  EXPECT_FALSE(result.ranking_interval.has_value());
  EXPECT_FALSE(result.total_interval.has_value());
  for (CurvePoint& point : task.series[1].curve) point.standard_error = 0.02;
  const Judgement mixed = judge({task}, kRules)[0];
  EXPECT_EQ(mixed.signal[1].interval_from, DrawSource::standard_errors);
  EXPECT_TRUE(mixed.total_interval.has_value());
}

// Checkpoints answer the same items and err together, whether their answers are known or not.
TEST(JudgementIntervalsTest, StandardErrorsGiveIntervalsLikeThoseOfTheirItems) {
  const Judgement by_items = judge({answered_task()}, kRules)[0];
  TaskCurves task = answered_task();
  for (SeriesCurve& one : task.series) {
    one.items = {};
    for (CurvePoint& point : one.curve) {
      point.standard_error = std::sqrt(point.value * (1 - point.value) / 299);
    }
  }
  const Judgement by_errors = judge({task}, kRules)[0];
  const auto width = [](const std::optional<Interval>& i) { return i->high - i->low; };
  for (const auto interval : {&Judgement::compliance_interval, &Judgement::total_interval}) {
    const double ratio = width(by_errors.*interval) / width(by_items.*interval);
    EXPECT_GT(ratio, 0.6);
    EXPECT_LT(ratio, 2);
  }
}

// Noise on top of a smooth curve lowers its quality; the interval is about the curve's all the
// same.
TEST(JudgementIntervalsTest, IntervalsOfSignalHoldIt) {
  SeriesCurve smooth = series("a", "g", Mix::science, 0.25, 0.45, 0.5);
  for (CurvePoint& point : smooth.curve) point.standard_error = 0.03;
  const Judgement result =
      judge({{.task = "t", .metric = "acc", .chance = 0.25, .series = {smooth}}}, kRules)[0];
  EXPECT_NEAR(*result.signal[0].signal.quality, 1, 1e-9);
  EXPECT_DOUBLE_EQ(result.signal[0].interval->high, 1);
  EXPECT_GT(result.signal[0].interval->low, 0.6);
  EXPECT_LT(result.signal[0].interval->low, 0.99);
  for (const uint64_t seed : {1, 2, 3, 4, 5}) {
    TaskCurves task = answered_task();
    task.series[0] = answered("a", Mix::science, 0.25, 0.1, seed);
    const Judgement noisy = judge({task}, kRules)[0];
    for (const SeriesSignal& signal : noisy.signal) {
      EXPECT_LT(signal.interval->low, *signal.signal.quality);
      EXPECT_GT(signal.interval->high, *signal.signal.quality);
    }
    EXPECT_LT(noisy.total_interval->low, *noisy.total);
    EXPECT_GT(noisy.total_interval->high, *noisy.total);
  }
}

}  // namespace
}  // namespace e2lm
