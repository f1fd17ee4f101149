#include "scoring/judgement/judgement.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "tests/scoring/made_series.h"

namespace e2lm {
namespace {

TEST(JudgementTest, JoinsThePartsIntoATotal) {
  const TaskCurves task = {.task = "t",
                           .metric = "acc",
                           .chance = 0.25,
                           .series = {series("a", "small", Mix::science, 0.25, 0.45, 0.5),
                                      series("b", "small", Mix::science, 0.25, 0.40, 0.4),
                                      series("web", "small", Mix::web, 0.25, 0.2501, 0.25)}};
  const Judgement result = judge({task}, kRules)[0];
  ASSERT_EQ(result.signal.size(), 3u);
  EXPECT_NEAR(*result.signal_mean, 1.0, 1e-9) << "straight rises";
  EXPECT_LT(*result.signal_noise_p, 0.001);
  EXPECT_EQ(result.early_above, 2);
  EXPECT_EQ(result.early_of, 2) << "the web series is not counted";
  EXPECT_EQ(result.late_above, 2);
  ASSERT_EQ(result.ranking.size(), 1u) << "web series are not ranked";
  EXPECT_DOUBLE_EQ(*result.ranking_mean, 1.0);
  EXPECT_EQ(result.compliance.size(), 2u);
  EXPECT_GT(*result.compliance_mean, 0.99);
  EXPECT_NEAR(*result.total, 0.5 * *result.signal_mean + 0.1 + 0.4 * *result.compliance_mean,
              1e-12);
}

TEST(JudgementTest, ATotalNeedsAllThreeParts) {
  TaskCurves task = {.task = "t",
                     .metric = "acc",
                     .chance = 0.25,
                     .series = {series("a", "small", Mix::science, 0.25, 0.45, 0.5),
                                series("b", "small", Mix::science, 0.25, 0.40, 0.4)}};
  EXPECT_FALSE(judge({task}, kRules)[0].total.has_value()) << "no web series";
  task.series[1].group = "base";
  task.series.push_back(series("web", "small", Mix::web, 0.25, 0.25, 0.25));
  const Judgement unranked = judge({task}, kRules)[0];
  EXPECT_FALSE(unranked.ranking_mean.has_value()) << "no two series of one group";
  EXPECT_TRUE(unranked.compliance_mean.has_value());
  EXPECT_FALSE(unranked.total.has_value());
  task.chance.reset();
  EXPECT_FALSE(judge({task}, kRules)[0].compliance_mean.has_value()) << "no chance level";
}

TEST(JudgementTest, AControlIsComparedWithItsOwnSeries) {
  SeriesCurve web = series("web", "small", Mix::web, 0.25, 0.25, 0.25);
  web.control_for = "a";
  const TaskCurves task = {.task = "t",
                           .metric = "acc",
                           .chance = 0.25,
                           .series = {series("a", "small", Mix::science, 0.25, 0.45, 0.5),
                                      series("b", "small", Mix::science, 0.25, 0.40, 0.4), web}};
  const Judgement result = judge({task}, kRules)[0];
  ASSERT_EQ(result.compliance.size(), 1u);
  EXPECT_EQ(result.compliance[0].science, "a");
}

TEST(JudgementTest, ShortAndConstantCurvesGiveNoSignalInsteadOfNaN) {
  SeriesCurve brief = series("a", "small", Mix::science, 0.25, 0.45, 0.5);
  brief.curve.resize(5);
  const SeriesCurve constant = series("b", "base", Mix::science, 0.25, 0.25, 0.25);
  const Judgement result = judge(
      {{.task = "t", .metric = "acc", .chance = 0.25, .series = {brief, constant}}}, kRules)[0];
  EXPECT_FALSE(result.signal[0].signal.quality.has_value());
  EXPECT_FALSE(result.signal[1].signal.quality.has_value());
  EXPECT_FALSE(result.signal_mean.has_value());
  EXPECT_EQ(result.late_of, 1) << "only one series has late checkpoints";
}

// A task is not judged by the one series in which it moves: the others count as 0, in all parts.
TEST(JudgementTest, ConstantSeriesCountAsZeroInTheMean) {
  TaskCurves task{.task = "t", .metric = "acc", .chance = 0.25};
  task.series = {series("a", "g", Mix::science, 0.25, 0.45, 0.5)};
  const Judgement alone = judge({task}, kRules)[0];
  for (const char* name : {"b", "c", "d"}) {
    task.series.push_back(series(name, "g", Mix::science, 0.25, 0.25, 0.25));
  }
  task.series.push_back(series("brief", "g", Mix::science, 0.25, 0.45, 0.5));
  task.series.back().curve.resize(5);
  const Judgement result = judge({task}, kRules)[0];
  EXPECT_DOUBLE_EQ(*result.signal_mean, *alone.signal_mean / 4);
  EXPECT_DOUBLE_EQ((*result.monotonicity_mean + *result.autocorrelation_mean) / 2,
                   *result.signal_mean);
  EXPECT_DOUBLE_EQ(*result.quality_max_mean, *alone.quality_max_mean / 4);
  EXPECT_LT(*alone.signal_noise_p, 0.01);
  EXPECT_GT(*result.signal_noise_p, 0.01) << "four noises, of which one would have to score all";
}

// Scores of few items, of which only the shares were imported: the rule for equal scores takes the
// many zeros as rising, which normal noise without any equal scores does not show.
TEST(JudgementTest, NoiseOfFewItemsIsNoSignalWhereTheirNumberIsNotKnown) {
  SeriesCurve noise = series("a", "g", Mix::science, 0, 0, 0);
  for (CurvePoint& point : noise.curve) point.standard_error.reset();
  for (const int i : {3, 8, 13}) noise.curve[i].value = 0.05;
  const Judgement result = judge({{.task = "t", .metric = "acc", .series = {noise}}}, kRules)[0];
  EXPECT_GT(*result.signal_noise_p, 0.1);
  EXPECT_GT(*result.signal_noise_mean, 0.3);
}

TEST(JudgementTest, AFallingPerplexityIsProgress) {
  TaskCurves task{.task = "t", .metric = "ppl", .higher_is_better = false};
  task.series = {series("a", "g", Mix::science, 90, 30, 20),
                 series("b", "g", Mix::science, 90, 40, 30),
                 series("web", "g", Mix::web, 95, 60, 50)};
  const Judgement natural = judge({task}, kRules)[0];
  EXPECT_DOUBLE_EQ(*natural.signal[0].signal.monotonicity, 1);
  EXPECT_GT(*natural.compliance[0].result.effect_size, 0) << "the science mix is better";
  EXPECT_NEAR(natural.compliance[0].result.science_mean, 58.125, 1e-9) << "as stored";
  EXPECT_GT(natural.task_signal.snr.mean_last[0], 0);
  EXPECT_TRUE(natural.signal[0].interval.has_value());
  ScoringRules as_stored = kRules;
  as_stored.orientation = Orientation::as_stored;
  const Judgement stored = judge({task}, as_stored)[0];
  EXPECT_DOUBLE_EQ(*stored.signal[0].signal.rho, -1);
  EXPECT_DOUBLE_EQ(*stored.signal[0].signal.monotonicity, 0);
  EXPECT_LT(*stored.compliance[0].result.effect_size, 0);
}

TEST(JudgementTest, ItemValuesOfALossAreTurnedWithTheCurve) {
  TaskCurves task = answered_task();
  task.higher_is_better = false;
  task.chance.reset();
  const Judgement result = judge({task}, kRules)[0];
  EXPECT_DOUBLE_EQ(*result.signal[0].signal.monotonicity, 0) << "it rises: no progress";
  EXPECT_LT(result.signal[0].interval->high, 0.6);
}

TEST(JudgementTest, TheTotalTakesTheChosenMeasureAndWeights) {
  ScoringRules rules = kRules;
  rules.compliance = ComplianceMeasure::effect_size;
  const Judgement by_effect = judge({answered_task()}, rules)[0];
  const PairCompliance& pair = by_effect.compliance[0];
  EXPECT_DOUBLE_EQ(*pair.score, *pair.result.score(ComplianceMeasure::effect_size));
  EXPECT_TRUE(pair.result.gap_over_chance && pair.result.auc_gap) << "all are reported";
  rules.signal_weight = 1;
  rules.ranking_weight = rules.compliance_weight = 0;
  TaskCurves unranked = answered_task();
  unranked.series.resize(1);
  const Judgement alone = judge({unranked}, rules)[0];
  EXPECT_DOUBLE_EQ(*alone.total, *alone.signal_mean) << "parts without weight may be missing";
  EXPECT_TRUE(alone.total_interval.has_value());
}

TEST(JudgementTest, EarlyEnoughIsWhereTheOrderHoldsFromThenOn) {
  TaskCurves task = answered_task();
  const Judgement result = judge({task}, kRules)[0];
  ASSERT_EQ(result.groups.size(), 1u);
  EXPECT_EQ(result.groups[0].models, (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(result.groups[0].steps.size(), 20u);
  EXPECT_DOUBLE_EQ(result.groups[0].steps.back().agreement.kendall_tau_a, 1);
  EXPECT_TRUE(result.groups[0].steps[0].accuracy_interval.has_value());
  ASSERT_TRUE(result.task_signal.early_enough.has_value());
  EXPECT_GT(result.task_signal.early_enough->step, 1) << "they start alike";
  EXPECT_LT(result.task_signal.early_enough->step, 20);
  EXPECT_EQ(result.task_signal.early_enough->tokens,
            100.0 * static_cast<double>(result.task_signal.early_enough->step));
  // Two models that are the same up to noise never show an order.
  task.series[1] = answered("b", Mix::science, 0.25, 0.301, 1);
  EXPECT_FALSE(judge({task}, kRules)[0].task_signal.early_enough.has_value());
}

TEST(JudgementTest, WithoutTokensTheLatestGroupSaysWhenItIsEarlyEnough) {
  TaskCurves task = answered_task();
  task.series.push_back(answered("c", Mix::science, 0.25, 0.5, 1));
  task.series.push_back(answered("d", Mix::science, 0.25, 0.1, 1));
  task.series[3].group = task.series[4].group = "far apart";
  for (SeriesCurve& one : task.series) {
    for (CurvePoint& point : one.curve) point.tokens = 0;
  }
  for (int turn = 0; turn < 2; ++turn) {
    const Judgement result = judge({task}, {})[0];
    ASSERT_EQ(result.groups.size(), 2u);
    const int64_t latest =
        std::max(result.groups[0].early_enough->step, result.groups[1].early_enough->step);
    EXPECT_LT(result.groups[turn == 0 ? 1 : 0].early_enough->step, latest);
    EXPECT_EQ(result.task_signal.early_enough->step, latest);
    std::reverse(task.series.begin(), task.series.end());
  }
}

TEST(JudgementTest, ACurveNoBetterThanNoiseIsExplainedByIt) {
  const Judgement rising = judge({answered_task()}, kRules)[0];
  EXPECT_LT(rising.signal[0].noise->share, 0.3);
  EXPECT_LT(rising.signal[0].noise->p, 0.001);
  EXPECT_GT(rising.signal[0].walk->mean, rising.signal[0].noise->mean);
  TaskCurves flat = answered_task();
  flat.series = {series("f", "g", Mix::science, 0.5, 0.4, 0.4)};
  RandomStream random(3);
  for (CurvePoint& point : flat.series[0].curve) point.value = 0.3 + 0.01 * random.normal();
  const Judgement noise = judge({flat}, kRules)[0];
  EXPECT_GT(noise.signal[0].noise->p, 0.01);
  EXPECT_GT(noise.signal[0].noise->share, 0.3);
}

TEST(JudgementTest, NothingAtAllIsJudgedToNothing) {
  const Judgement empty = judge({{.task = "t", .metric = "acc", .chance = 0.25}}, kRules)[0];
  EXPECT_FALSE(empty.signal_mean || empty.total || empty.task_signal.snr.signal);
  const SeriesCurve one_point{.series = "a", .group = "g", .curve = {{1, 100, 0.3, 0.01}}};
  const SeriesCurve no_point{.series = "b", .group = "g"};
  const Judgement single = judge(
      {{.task = "t", .metric = "acc", .chance = 0.25, .series = {one_point, no_point}}}, kRules)[0];
  EXPECT_EQ(single.signal[0].signal.n, 1);
  EXPECT_FALSE(single.signal[0].signal.rho.has_value());
  EXPECT_FALSE(single.ranking_mean || single.total);
  EXPECT_TRUE(single.groups.empty());
  EXPECT_TRUE(judge({}, kRules).empty());
}

// As where results of several projects are put together: what the others say stays.
TEST(JudgementTest, ASeriesWithoutResultsTakesNothingFromTheOthers) {
  const Judgement alone = judge({answered_task()}, kRules)[0];
  TaskCurves task = answered_task();
  task.series.push_back({.series = "elsewhere", .group = "g"});
  task.series.push_back({.series = "web elsewhere", .group = "g", .mix = Mix::web});
  const Judgement result = judge({task}, kRules)[0];
  ASSERT_TRUE(alone.signal_interval && alone.ranking_interval && alone.compliance_interval);
  ASSERT_TRUE(result.signal_interval && result.ranking_interval && result.compliance_interval);
  EXPECT_DOUBLE_EQ(result.signal_interval->low, alone.signal_interval->low);
  EXPECT_DOUBLE_EQ(result.ranking_interval->low, alone.ranking_interval->low);
  EXPECT_DOUBLE_EQ(result.compliance_interval->low, alone.compliance_interval->low);
  EXPECT_DOUBLE_EQ(result.total_interval->high, alone.total_interval->high);
  EXPECT_EQ(result.task_signal.models, (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(result.task_signal.snr.signal, alone.task_signal.snr.signal);
  EXPECT_EQ(result.task_signal.monotonicity_mean, alone.task_signal.monotonicity_mean);
  EXPECT_EQ(result.task_signal.early_enough->step, alone.task_signal.early_enough->step);
  ASSERT_EQ(result.groups.size(), 1u);
  EXPECT_EQ(result.groups[0].steps.size(), 20u);
}

TEST(JudgementTest, ASeriesTooShortForTheMeanTakesNoIntervalFromIt) {
  TaskCurves task = answered_task();
  SeriesCurve young = series("young", "h", Mix::science, 0.25, 0.3, 0.4);
  young.curve.resize(3);
  for (CurvePoint& point : young.curve) point.standard_error.reset();
  task.series.push_back(young);
  EXPECT_TRUE(judge({task}, kRules)[0].signal_interval.has_value());
}

TEST(JudgementTest, HugeValuesGiveNoNaN) {
  SeriesCurve huge = series("a", "g", Mix::science, 1e300, 1.7e308, 1e308);
  const Judgement result = judge({{.task = "t", .metric = "m", .series = {huge, huge}}}, kRules)[0];
  for (const SeriesSignal& signal : result.signal) {
    for (const auto& value : {signal.signal.rho, signal.signal.autocorrelation,
                              signal.signal.quality, signal.variation.total_variation}) {
      EXPECT_TRUE(!value || !std::isnan(*value));
    }
  }
}

}  // namespace
}  // namespace e2lm
