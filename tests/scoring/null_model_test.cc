#include "scoring/judgement/null_model.h"

#include <gtest/gtest.h>

namespace e2lm {
namespace {

constexpr uint64_t kSeed = 1234;
constexpr int64_t kDraws = 4000;

NullDistribution white(int64_t points) {
  return draw_null({.points = points}, kSeed, kDraws);
}

TEST(NullModelTest, NoiseScoresWellAboveZero) {
  // 4,000 numpy draws gave a mean of 0.161 and a 95 % point of 0.324 for one curve of 16 points;
  // for the mean of four curves the 95 % point was 0.238.
  const NullDistribution one = white(16);
  EXPECT_NEAR(one.mean(), 0.161, 0.008);
  EXPECT_NEAR(one.p_value(0.324), 0.05, 0.012);
  const std::vector<const NullDistribution*> four(4, &one);
  const NullDistribution mean = null_of_mean(four, kSeed, kDraws);
  EXPECT_NEAR(mean.mean(), one.mean(), 0.008);
  EXPECT_NEAR(mean.p_value(0.238), 0.05, 0.012);
}

TEST(NullModelTest, ARandomWalkScoresMuchMoreThanNoise) {
  const NullDistribution walk =
      draw_null({.kind = NullKind::random_walk, .points = 14}, kSeed, kDraws);
  EXPECT_GT(walk.mean(), 2 * white(14).mean());
  EXPECT_GT(walk.p_value(0.8), 0.05) << "a smooth rise happens without any drift";
}

TEST(NullModelTest, TheSizeOfEqualErrorsDoesNotMatter) {
  const std::vector<double> errors(14, 0.01);
  const NullDistribution sized = draw_null({.points = 14, .errors = errors}, kSeed, 500);
  EXPECT_NEAR(sized.mean(), draw_null({.points = 14}, kSeed, 500).mean(), 1e-9);
  std::vector<double> unequal(14, 1e-6);
  unequal[3] = 1;
  EXPECT_NE(draw_null({.points = 14, .errors = unequal}, kSeed, 500).mean(), sized.mean());
}

// Of 20 items, eleven of 14 scores are tied on average: the rule for ties shows.
TEST(NullModelTest, FewItemsGiveEqualScores) {
  const NullCurve few{.points = 14, .items = 20, .share = 0.25};
  NullCurve reversed = few;
  reversed.rule = TieRule::reversed;
  EXPECT_GT(draw_null(few, kSeed, 2000).mean(), draw_null(reversed, kSeed, 2000).mean() + 0.02);
  const NullCurve many{.points = 14, .items = 1000000, .share = 0.25};
  EXPECT_NEAR(draw_null(many, kSeed, 4000).mean(), white(14).mean(), 0.01) << "then it is normal";
}

// The rule for equal scores takes them as rising: noise with many of them scores high.
TEST(NullModelTest, TheCurvesOwnScoresTieAsOftenInAnyOrder) {
  const NullCurve few{.points = 14, .items = 20, .share = 0.02};
  const NullCurve scores{.points = 14,
                         .scores = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0.05, 0.05, 0.05, 0.1}};
  const double mean = draw_null(scores, kSeed, 2000).mean();
  EXPECT_NEAR(mean, draw_null(few, kSeed, 2000).mean(), 0.05);
  EXPECT_GT(mean, white(14).mean() + 0.1);
}

TEST(NullModelTest, CurvesThatAreConstantByChanceCountAsNone) {
  const NullDistribution nearly_sure =
      draw_null({.points = 14, .items = 10, .share = 0.0001}, kSeed, 500);
  EXPECT_LT(nearly_sure.mean(), 0.05);
  EXPECT_DOUBLE_EQ(nearly_sure.p_value(0), 1);
}

TEST(NullModelTest, PValuesAreNeverZeroAndFallWithQuality) {
  const NullDistribution noise = draw_null({.points = 14}, 1, 999);
  EXPECT_DOUBLE_EQ(noise.p_value(1.1), 1.0 / 1000);
  EXPECT_DOUBLE_EQ(noise.p_value(-1), 1.0);
  EXPECT_GE(noise.p_value(0.2), noise.p_value(0.3));
}

TEST(NullModelTest, TheSeedDecidesEverything) {
  const NullCurve curve{.points = 14};
  EXPECT_EQ(draw_null(curve, 5, 100).mean(), draw_null(curve, 5, 100).mean());
  EXPECT_NE(draw_null(curve, 5, 100).mean(), draw_null(curve, 6, 100).mean());
}

TEST(NullModelTest, EqualCurvesAreDrawnOnce) {
  NullModels nulls(kSeed, 100);
  const NullDistribution& first = nulls.of({.points = 14});
  EXPECT_EQ(&nulls.of({.points = 14}), &first);
  EXPECT_NE(&nulls.of({.points = 15}), &first);
}

}  // namespace
}  // namespace e2lm
