#include "scoring/curves/rank_agreement.h"

#include <gtest/gtest.h>

#include <vector>

namespace e2lm {
namespace {

using Scores = std::vector<double>;

TEST(RankAgreementTest, CountsPairsByHand) {
  // Of six pairs the scores turn (2,3) and (3,4) around: four alike, two not.
  const RankAgreement agreement = rank_agreement(Scores{1, 2, 4, 3}, Scores{1, 4, 3, 2});
  EXPECT_DOUBLE_EQ(agreement.kendall_tau_a, 2.0 / 6);
  EXPECT_DOUBLE_EQ(*agreement.kendall_tau_b, 2.0 / 6);
  EXPECT_NEAR(*agreement.spearman, 1 - 6 * 6.0 / (4 * 15), 1e-15);
  EXPECT_DOUBLE_EQ(agreement.decision_accuracy, 4.0 / 6);
}

TEST(RankAgreementTest, EqualScoresCountAsEachMeasureHasThem) {
  const Scores tied = {1, 1, 2}, reference = {1, 2, 3};
  const RankAgreement agreement = rank_agreement(tied, reference);
  EXPECT_DOUBLE_EQ(agreement.kendall_tau_a, 2.0 / 3);
  EXPECT_NEAR(*agreement.kendall_tau_b, 2 / std::sqrt(6.0), 1e-15);
  EXPECT_DOUBLE_EQ(agreement.decision_accuracy, 1) << "1 = 1 counts as not greater";
  const Scores other_way = {1, 1, 2}, falling = {3, 2, 1};
  EXPECT_DOUBLE_EQ(pair_agreement(other_way, falling).decision_accuracy, 0);
  EXPECT_FALSE(same_order(tied, reference)) << "an equal pair is in no order";
  EXPECT_TRUE(same_order(reference, falling) == false && same_order(Scores{5, 6, 9}, reference));
}

TEST(RankAgreementTest, WhatIsNotDefinedIsAbsent) {
  const RankAgreement agreement = rank_agreement(Scores{2, 2}, Scores{1, 3});
  EXPECT_DOUBLE_EQ(agreement.kendall_tau_a, 0);
  EXPECT_FALSE(agreement.kendall_tau_b.has_value());
  EXPECT_FALSE(agreement.spearman.has_value());
}

}  // namespace
}  // namespace e2lm
