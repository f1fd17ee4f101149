#include "scoring/curves/ranking.h"

#include <gtest/gtest.h>

#include <set>

namespace e2lm {
namespace {

RankingConsistency ranking_consistency(const Curve& a, const Curve& b, const Grid& early,
                                       const Grid& late, const RankingReference& reference) {
  return RankedPair(a, b, early, late, reference).consistency(a, b);
}

constexpr Grid kLate = {.min_tokens = 206e9, .max_tokens = 1000e9};

// The competition's printed 0.2979 for MMLU: of the 47 late checkpoints of dense-500m-arch1 and
// -arch2, arch2 leads at these 14, the last one among them.
TEST(RankingTest, GivesTheCompetitionsPrintedValue) {
  const std::set<int64_t> second_leads = {72000,  104000, 112000, 128000, 184000, 188000, 192000,
                                          204000, 220000, 228000, 232000, 236000, 240000, 244000};
  Curve first, second;
  for (int64_t step = 60000; step <= 244000; step += 4000) {
    const double tokens = 222.8e9 + static_cast<double>(step - 60000) * 4.194e6;
    first.push_back({step, tokens, 0.25, 0});
    second.push_back({step, tokens, second_leads.contains(step) ? 0.26 : 0.24, 0});
  }
  const RankingConsistency result = ranking_consistency(first, second, {}, kLate, {});
  EXPECT_EQ(result.late, 47);
  EXPECT_EQ(result.agree, 14);
  EXPECT_NEAR(*result.consistency, 0.2979, 5e-5);
  EXPECT_EQ(result.reference_step, 244000);
  EXPECT_EQ(ranking_consistency(second, first, {}, kLate, {}).agree, 14) << "pairs have no order";
  first.resize(20);
  EXPECT_EQ(ranking_consistency(first, second, {}, kLate, {}).reference_step, 136000)
      << "the last one that both have, not 1 trillion tokens";
}

TEST(RankingTest, ReferencesCanBeChosen) {
  const Curve a = {{1, 10, 0.5, 0}, {2, 20, 0.5, 0}, {3, 30, 0.3, 0}, {4, 40, 0.6, 0}};
  const Curve b = {{1, 10, 0.4, 0}, {2, 20, 0.5, 0}, {3, 30, 0.4, 0}, {4, 40, 0.5, 0}};
  const Grid early = {.max_tokens = 20}, late = {.min_tokens = 20};
  using Kind = RankingReference::Kind;
  EXPECT_EQ(ranking_consistency(a, b, early, late, {Kind::final, 0}).agree, 1);
  EXPECT_EQ(ranking_consistency(a, b, early, late, {Kind::early_mean, 0}).agree, 1);
  const auto at_three = ranking_consistency(a, b, early, late, {Kind::at_step, 3});
  EXPECT_EQ(at_three.agree, 1);
  EXPECT_EQ(at_three.reference_step, 3);
  EXPECT_FALSE(ranking_consistency(a, b, early, late, {Kind::early_mean, 0}).reference_step);
  EXPECT_DOUBLE_EQ(*at_three.consistency, 0.5);
  EXPECT_FALSE(ranking_consistency(a, b, early, late, {Kind::at_step, 2}).consistency.has_value())
      << "equal at the reference";
  EXPECT_FALSE(ranking_consistency(a, b, early, late, {Kind::at_step, 9}).consistency.has_value());
}

TEST(RankingTest, OnlyCommonStepsCountAndTiesDoNotAgree) {
  const Curve a = {{1, 10, 0.5, 0}, {2, 20, 0.5, 0}, {3, 30, 0.5, 0}, {5, 50, 0.6, 0}};
  const Curve b = {{2, 20, 0.5, 0}, {3, 30, 0.4, 0}, {4, 40, 0.4, 0}, {5, 50, 0.5, 0}};
  const RankingConsistency result = ranking_consistency(a, b, {}, {}, {});
  EXPECT_EQ(result.late, 3);
  EXPECT_EQ(result.tied, 1);
  EXPECT_EQ(result.agree, 2);
  EXPECT_FALSE(ranking_consistency(a, {}, {}, {}, {}).consistency.has_value());
}

}  // namespace
}  // namespace e2lm
