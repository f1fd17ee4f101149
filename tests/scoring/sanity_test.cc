#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "scoring/curves/outliers.h"
#include "scoring/judgement/judgement.h"
#include "scoring/statistics/random_stream.h"

namespace e2lm {
namespace {

using testing::Each;
using testing::HasSubstr;

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
const ScoringRules kRules = {
    .early = {.max_tokens = 1600}, .late = {.min_tokens = 1600}, .draws = 20, .null_draws = 20};

template <typename Function>
Curve curve_of(int points, const Function& value) {
  Curve curve;
  for (int i = 1; i <= points; ++i) curve.push_back({i, 100.0 * i, value(i), {}});
  return curve;
}

TEST(OutliersTest, SmoothCurvesHaveNone) {
  for (const int n : {1, 4, 7, 8, 16, 27, 143}) {
    EXPECT_TRUE(find_outliers(curve_of(n, [](int) { return 0.25; })).empty());
    EXPECT_TRUE(find_outliers(curve_of(n, [](int i) { return 0.1 * i; })).empty());
    EXPECT_TRUE(find_outliers(curve_of(n, [](int i) { return std::log(i); })).empty());
    EXPECT_TRUE(find_outliers(curve_of(n, [](int i) { return std::exp(0.3 * i); })).empty());
    EXPECT_TRUE(find_outliers(curve_of(n, [](int i) { return std::sin(0.4 * i); })).empty());
    EXPECT_TRUE(find_outliers(curve_of(n, [](int i) { return i < 9 ? 0.25 : 0.8; })).empty());
    EXPECT_TRUE(find_outliers(curve_of(n, [n](int i) {
                  return 1 / (1 + std::exp(-10.0 * (i - n / 2.0) / n));
                })).empty());
  }
}

TEST(OutliersTest, NoiseRarelyHasOne) {
  int found = 0;
  constexpr int kCurves = 2000;
  for (int k = 0; k < kCurves; ++k) {
    RandomStream random(11, k);
    found += !find_outliers(curve_of(16, [&](int i) { return 0.5 * i + random.normal(); })).empty();
  }
  RecordProperty("share", std::to_string(found / static_cast<double>(kCurves)));
  EXPECT_LT(found, kCurves / 100);
}

TEST(OutliersTest, FindsADamagedCheckpointAndADamagedEnd) {
  const auto noisy = [](RandomStream& random, int i) {
    return 0.25 + 0.02 * i + 0.004 * random.normal();
  };
  int inside = 0, at_end = 0;
  for (int k = 0; k < 100; ++k) {
    RandomStream random(5, k);
    Curve curve = curve_of(20, [&](int i) { return noisy(random, i); });
    Curve ended = curve;
    curve[9].value = 0.25;
    ended[19].value = 0.25;
    const auto found = find_outliers(curve);
    inside += found.size() == 1 && found[0].point == 9;
    const auto last = find_outliers(ended);
    at_end += last.size() == 1 && last[0].point == 19;
  }
  EXPECT_GT(inside, 90);
  EXPECT_GT(at_end, 90);
}

TEST(OutliersTest, AStandardErrorExplainsADip) {
  Curve curve = curve_of(16, [](int i) { return 0.02 * i; });
  curve[8].value -= 0.1;
  ASSERT_EQ(find_outliers(curve).size(), 1u);
  for (CurvePoint& point : curve) point.standard_error = 0.03;
  EXPECT_TRUE(find_outliers(curve).empty());
}

SeriesCurve rising(const std::string& name, int points = 20) {
  return {.series = name, .group = "g", .curve = curve_of(points, [](int i) {
                                          return 0.25 + 0.01 * i;
                                        })};
}

std::vector<std::string> kinds(const Judgement& judgement) {
  std::vector<std::string> result;
  for (const Finding& finding : judgement.findings) result.push_back(finding.kind);
  return result;
}

Judgement judge_one(std::vector<SeriesCurve> series, std::optional<double> chance = {}) {
  return judge({{.task = "t", .metric = "m", .chance = chance, .series = std::move(series)}},
               kRules)[0];
}

TEST(SanityTest, GoodCurvesHaveNoFindings) {
  EXPECT_THAT(kinds(judge_one({rising("a"), rising("b")}, 0.25)), testing::IsEmpty());
}

TEST(SanityTest, WhatIsNotFiniteIsLeftOutAndSaid) {
  SeriesCurve bad = rising("bad");
  bad.curve[3].value = kNaN;
  bad.curve[5].value = std::numeric_limits<double>::infinity();
  bad.curve[7].standard_error = kNaN;
  const Judgement judgement = judge_one({bad});
  EXPECT_EQ(kinds(judgement), (std::vector<std::string>{"not finite", "not finite"}));
  EXPECT_EQ(judgement.findings[0].step, 4);
  EXPECT_EQ(judgement.signal[0].signal.n, 14);
  EXPECT_DOUBLE_EQ(*judgement.signal[0].signal.monotonicity, 1);
}

TEST(SanityTest, OfAStepGivenTwiceTheFirstCounts) {
  SeriesCurve twice = rising("twice");
  twice.curve.insert(twice.curve.begin() + 5, {5, 500, 0.9, {}});
  const Judgement judgement = judge_one({twice});
  EXPECT_EQ(kinds(judgement), std::vector<std::string>{"duplicate step"});
  EXPECT_EQ(judgement.signal[0].signal.n, 16);
  EXPECT_DOUBLE_EQ(*judgement.signal[0].signal.monotonicity, 1);
}

TEST(SanityTest, PointsInAnyOrderAreJudgedByStep) {
  SeriesCurve mixed = rising("mixed");
  std::reverse(mixed.curve.begin(), mixed.curve.end());
  EXPECT_DOUBLE_EQ(*judge_one({mixed}).signal[0].signal.monotonicity, 1);
}

TEST(SanityTest, ConstantShortAndChanceCurves) {
  SeriesCurve constant = rising("constant");
  for (CurvePoint& point : constant.curve) point.value = 0.25;
  const Judgement judgement = judge_one({constant}, 0.25);
  EXPECT_EQ(kinds(judgement), (std::vector<std::string>{"constant", "at chance"}));
  EXPECT_THAT(judgement.findings[1].text,
              HasSubstr("above chance (0.25); its standard error is not known"));
  for (CurvePoint& point : constant.curve) point.standard_error = 0;
  EXPECT_THAT(judge_one({constant}, 0.25).findings[1].text,
              HasSubstr("above chance (0.25), with a standard error of 0"));
  EXPECT_THAT(kinds(judge_one({rising("short", 7)})), testing::Contains("few checkpoints"));
}

// Half of the models that guess end above chance, by an amount that says nothing alone.
TEST(SanityTest, WithoutStandardErrorsNobodyKnowsWhoIsAboveChance) {
  SeriesCurve one = rising("one");
  for (CurvePoint& point : one.curve) point.standard_error = 0.001;
  const Judgement known = judge_one({one}, 0.01);
  EXPECT_EQ(known.signal[0].above_chance_early, true);
  EXPECT_EQ(known.early_of, 1);
  one.curve[15].standard_error.reset();
  const Judgement unknown = judge_one({one}, 0.01);
  EXPECT_FALSE(unknown.signal[0].above_chance_early.has_value());
  EXPECT_EQ(unknown.early_of, 0);
  EXPECT_THAT(kinds(unknown), testing::Not(testing::Contains("at chance")));
}

TEST(SanityTest, MissingCheckpointsShowBesideOthers) {
  SeriesCurve gap = rising("gap"), early = rising("early", 16);
  gap.curve.erase(gap.curve.begin() + 2);
  const Judgement judgement = judge_one({rising("whole"), gap, early});
  ASSERT_EQ(kinds(judgement), (std::vector<std::string>{"unequal grids", "missing"}));
  EXPECT_EQ(judgement.findings[0].series, "gap");
  EXPECT_EQ(judgement.findings[0].step, 3);
  EXPECT_EQ(judgement.findings[1].series, "early");
  EXPECT_THAT(judgement.findings[1].text, HasSubstr("lacks 4 of the 4 late checkpoints"));
}

TEST(SanityTest, FindingsNameTheirTask) {
  const Judgement judgement = judge_one({rising("a", 5)});
  for (const Finding& finding : judgement.findings) {
    EXPECT_EQ(finding.task, "t");
    EXPECT_EQ(finding.metric, "m");
    EXPECT_FALSE(finding.text.empty());
  }
}

}  // namespace
}  // namespace e2lm
