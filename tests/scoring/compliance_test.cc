#include "scoring/curves/compliance.h"

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

TEST(ComplianceTest, AreasWeighCheckpointsByTheirTraining) {
  // The gap is 0.2 of 0.2 at first and none later; the later stretch is three times as long.
  const Curve science = {{1, 10, 0.45, 0}, {2, 20, 0.45, 0}, {3, 50, 0.45, 0}};
  const Curve web = {{1, 10, 0.25, 0}, {2, 20, 0.45, 0}, {3, 50, 0.45, 0}};
  const Compliance result = compliance(science, web, 0.25, {});
  EXPECT_NEAR(*result.gap_over_chance, 1.0 / 3, 1e-12);
  EXPECT_NEAR(*result.auc_gap, 0.1 * 10 / (0.2 * 40), 1e-12);
  EXPECT_FALSE(compliance(science, web, 0.25, {.max_tokens = 10}).auc_gap.has_value())
      << "one checkpoint has no area";
}

TEST(ComplianceTest, AnEffectSizeNeedsNoChanceLevel) {
  const Curve science = {{1, 10, -1.0, {}}, {2, 20, -0.5, {}}, {3, 30, 0.0, {}}};
  const Curve web = {{1, 10, -1.5, {}}, {2, 20, -1.0, {}}, {3, 30, -0.5, {}}};
  const Compliance result = compliance(science, web, {}, {});
  EXPECT_FALSE(result.gap_over_chance.has_value());
  EXPECT_FALSE(result.auc_gap.has_value());
  EXPECT_NEAR(*result.effect_size, 1.0, 1e-12) << "half a unit, of which the deviation is a half";
  // 2 Φ(1 / √2) - 1
  EXPECT_NEAR(*result.score(ComplianceMeasure::effect_size), 0.5204998778, 1e-9);
  EXPECT_EQ(*compliance(web, science, {}, {}).score(ComplianceMeasure::effect_size), 0);
  EXPECT_FALSE(result.score(ComplianceMeasure::gap_over_chance).has_value());
}

TEST(ComplianceTest, ConstantCurvesHaveNoEffectSize) {
  EXPECT_FALSE(compliance(flat(0.3), flat(0.1), 0.25, {}).effect_size.has_value());
  EXPECT_FALSE(compliance(flat(0.3), flat(0.3), {}, {}).effect_size.has_value());
}

TEST(ComplianceTest, MeasuresAreFoundByName) {
  for (const char* name : {"gap_over_chance", "auc_gap", "effect_size"}) {
    EXPECT_EQ(compliance_measure_name(*find_compliance_measure(name)), name);
  }
  EXPECT_FALSE(find_compliance_measure("official").has_value());
}

}  // namespace
}  // namespace e2lm
