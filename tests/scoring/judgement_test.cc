#include "scoring/judgement.h"

#include <gtest/gtest.h>

namespace e2lm {
namespace {

const ScoringRules kRules = {.early = {.max_tokens = 1600}, .late = {.min_tokens = 1600}};

// Sixteen early checkpoints from `start` to `end`, four late ones at `late`.
SeriesCurve series(std::string name, std::string group, Mix mix, double start, double end,
                   double late) {
  SeriesCurve result{.series = std::move(name), .group = std::move(group), .mix = mix};
  for (int i = 1; i <= 20; ++i) {
    const double value = i <= 16 ? start + (end - start) * i / 16 : late;
    result.curve.push_back({i, 100.0 * i, value, 0.01});
  }
  return result;
}

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

}  // namespace
}  // namespace e2lm
