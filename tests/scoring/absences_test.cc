#include "scoring/judgement/absences.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/scoring/made_series.h"

namespace e2lm {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::vector<std::string> absent(const TaskCurves& task, const ScoringRules& rules = kRules) {
  std::vector<std::string> lines;
  for (const Absence& absence : absences(judge({task}, rules)[0])) {
    lines.push_back(absence.part + ": " + absence.reason);
  }
  return lines;
}

TaskCurves whole_task() {
  return {.task = "t",
          .metric = "acc",
          .chance = 0.25,
          .series = {series("a", "small", Mix::science, 0.25, 0.45, 0.5),
                     series("b", "small", Mix::science, 0.25, 0.40, 0.4),
                     series("web", "small", Mix::web, 0.25, 0.26, 0.25)}};
}

TEST(AbsencesTest, NoneWhereAllScoresAreThere) {
  EXPECT_THAT(absent(whole_task()), IsEmpty());
}

TEST(AbsencesTest, EqualModelsHaveNoOrder) {
  TaskCurves task = whole_task();
  for (CurvePoint& point : task.series[1].curve) {
    if (point.step > 16) point.value = 0.5;
  }
  EXPECT_THAT(
      absent(task),
      ElementsAre("ranking: the models score the same at the reference, or are not all there"));
}

TEST(AbsencesTest, WithoutLateCheckpointsNothingIsRanked) {
  ScoringRules rules = kRules;
  rules.late.min_tokens = 1e9;
  EXPECT_THAT(absent(whole_task(), rules),
              ElementsAre("ranking: no two science series of a group share a late checkpoint"));
}

TEST(AbsencesTest, OneSeriesAlone) {
  TaskCurves task = whole_task();
  task.series.resize(1);
  EXPECT_THAT(absent(task),
              ElementsAre("ranking: no group has two science series",
                          "compliance: no group has a science series and a web series"));
  task.series[0].curve.resize(7);
  EXPECT_EQ(absent(task)[0], "signal: no science series has eight early checkpoints");
  task.series[0].mix = Mix::web;
  EXPECT_EQ(absent(task)[0], "signal: no science series has a result");
}

TEST(AbsencesTest, ALongWebSeriesMakesUpForNoShortScienceSeries) {
  TaskCurves task = whole_task();
  for (SeriesCurve& one : task.series) {
    if (one.mix == Mix::science) one.curve.resize(7);
  }
  EXPECT_EQ(absent(task)[0], "signal: no science series has eight early checkpoints");
}

TEST(AbsencesTest, AConstantCurveHasNoSignal) {
  TaskCurves task = whole_task();
  for (SeriesCurve& one : task.series) {
    for (CurvePoint& point : one.curve) point.value = one.series == "a" ? 0.4 : 0.3;
  }
  EXPECT_EQ(absent(task)[0],
            "signal: the scores of the science series stay the same for long stretches");
}

TEST(AbsencesTest, AMeasureThatNeedsAChanceLevel) {
  TaskCurves task = whole_task();
  task.chance.reset();
  EXPECT_THAT(absent(task), ElementsAre("compliance: the measure is not defined here (for "
                                        "gap_over_chance: no chance level)"));
}

}  // namespace
}  // namespace e2lm
