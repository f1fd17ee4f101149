#include "harness/manifest/rules_json.h"

#include <gtest/gtest.h>

#include "tests/support/expect_error.h"

namespace e2lm {
namespace {

TEST(RulesJsonTest, AStoreOfAnEarlierVersionHasTheDefaults) {
  const Json old = parse_json(R"({"early": {"min_tokens": 0, "step_multiple": 40},
                                  "late": {"min_tokens": 5, "step_multiple": 1},
                                  "reference_kind": 0, "reference_step": 0,
                                  "weights": [0.5, 0.1, 0.4]})",
                              "old");
  const ScoringRules rules = rules_of(old, "store");
  EXPECT_EQ(rules.early.step_multiple, 40);
  EXPECT_EQ(rules.early.max_step, Grid{}.max_step);
  EXPECT_EQ(rules.tie_rule, TieRule::stable);
  EXPECT_EQ(rules.orientation, Orientation::natural);
  EXPECT_EQ(rules.compliance, ComplianceMeasure::gap_over_chance);
  EXPECT_EQ(rules.draws, ScoringRules{}.draws);
}

TEST(RulesJsonTest, DamagedRulesAreASentence) {
  for (const char* text : {"{}", "[]", "3", R"({"early": 5})",
                           R"({"early": {"min_tokens": "x", "step_multiple": 1}})"}) {
    expect_error([&] { rules_of(parse_json(text, "t"), "store.sqlite"); }, "store.sqlite",
                 "scoring rules cannot be read");
  }
}

}  // namespace
}  // namespace e2lm
