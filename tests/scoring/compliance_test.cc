#include "scoring/compliance.h"

#include <gtest/gtest.h>

namespace e2lm {
namespace {

Curve flat(double value, double error = 0.01) {
  return {{1, 10, value, error}, {2, 20, value, error}, {3, 30, value, error}};
}

TEST(ComplianceTest, SharesTheGainOverChance) {
  EXPECT_DOUBLE_EQ(*compliance(flat(0.45), flat(0.25), 0.25, {}).gap_over_chance, 1.0);
  EXPECT_NEAR(*compliance(flat(0.45), flat(0.40), 0.25, {}).gap_over_chance, 0.25, 1e-12);
  EXPECT_DOUBLE_EQ(*compliance(flat(0.45), flat(0.50), 0.25, {}).gap_over_chance, 0.0);
  EXPECT_DOUBLE_EQ(*compliance(flat(0.45), flat(0.20), 0.25, {}).gap_over_chance, 1.0);
}

TEST(ComplianceTest, NoiseAroundChanceIsNoCompliance) {
  EXPECT_DOUBLE_EQ(*compliance(flat(0.26), flat(0.24), 0.25, {}).gap_over_chance, 0.0);
  EXPECT_GT(*compliance(flat(0.26, 0.001), flat(0.24), 0.25, {}).gap_over_chance, 0.0);
}

TEST(ComplianceTest, NeedsCommonCheckpoints) {
  const Compliance none = compliance(flat(0.4), {{9, 90, 0.3, 0.01}}, 0.25, {});
  EXPECT_EQ(none.points, 0);
  EXPECT_FALSE(none.gap_over_chance.has_value());
  EXPECT_EQ(compliance(flat(0.4), flat(0.3), 0.25, {.max_tokens = 20}).points, 2);
}

}  // namespace
}  // namespace e2lm
