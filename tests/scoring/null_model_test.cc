#include "scoring/null_model.h"

#include <gtest/gtest.h>

namespace e2lm {
namespace {

TEST(NullModelTest, NoiseScoresWellAboveZero) {
  // 4,000 numpy draws gave a mean of 0.161 and a 95 % point of 0.324 for one curve of 16 points;
  // for the mean of four curves the 95 % point was 0.238.
  const NoiseSignal one({16});
  EXPECT_NEAR(one.mean(), 0.161, 0.005);
  EXPECT_NEAR(one.p_value(0.324), 0.05, 0.01);
  const NoiseSignal four({16, 16, 16, 16});
  EXPECT_NEAR(four.mean(), one.mean(), 0.005);
  EXPECT_NEAR(four.p_value(0.238), 0.05, 0.01);
}

TEST(NullModelTest, PValuesAreNeverZeroAndFallWithQuality) {
  const NoiseSignal noise({14}, 1, 999);
  EXPECT_DOUBLE_EQ(noise.p_value(1.1), 1.0 / 1000);
  EXPECT_DOUBLE_EQ(noise.p_value(-1), 1.0);
  EXPECT_GE(noise.p_value(0.2), noise.p_value(0.3));
}

TEST(NullModelTest, TheSeedDecidesEverything) {
  EXPECT_EQ(NoiseSignal({14}, 5, 100).mean(), NoiseSignal({14}, 5, 100).mean());
  EXPECT_NE(NoiseSignal({14}, 5, 100).mean(), NoiseSignal({14}, 6, 100).mean());
}

}  // namespace
}  // namespace e2lm
