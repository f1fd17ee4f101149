#include "scoring/curves/group_ranking.h"

#include <gtest/gtest.h>

namespace e2lm {
namespace {

using Kind = RankingReference::Kind;

// Steps 2 to 4 are common; the other curve's scores turn the order around at 4.
const std::vector<Curve> kCurves = {
    {{1, 10, 0.9, {}}, {2, 20, 0.2, {}}, {3, 30, 0.3, {}}, {4, 40, 0.4, {}}},
    {{9, 90, 0.0, {}}},  // no member
    {{2, 20, 0.1, {}}, {3, 30, 0.2, {}}, {4, 40, 0.8, {}}, {5, 50, 0.9, {}}}};
const Grid kEarly = {.max_tokens = 30}, kLate = {.min_tokens = 20, .max_tokens = 30};

GroupScores group(const RankingReference& reference, const Grid& late = kLate) {
  return GroupScores(kCurves, {0, 2}, kEarly, late, reference);
}

TEST(GroupRankingTest, TakesTheCheckpointsThatAllHave) {
  const GroupScores scores = group({});
  ASSERT_EQ(scores.checkpoints().size(), 3u);
  EXPECT_EQ(scores.checkpoints()[0].step, 2);
  EXPECT_EQ(scores.scores(kCurves, 2), (std::vector<double>{0.4, 0.8}));
}

TEST(GroupRankingTest, FinalIsTheLastLateCheckpointOrTheLastOfAll) {
  EXPECT_EQ(group({}).reference(kCurves), (std::vector<double>{0.3, 0.2}));
  EXPECT_EQ(group({}, {.min_tokens = 1e9}).reference(kCurves), (std::vector<double>{0.4, 0.8}));
}

TEST(GroupRankingTest, EarlyMeanAndAStepAreReferencesToo) {
  const std::vector<double> mean = group({Kind::early_mean}).reference(kCurves);
  EXPECT_DOUBLE_EQ(mean[0], 0.25);
  EXPECT_DOUBLE_EQ(mean[1], 0.15);
  EXPECT_EQ(group({Kind::at_step, 4}).reference(kCurves), (std::vector<double>{0.4, 0.8}));
  EXPECT_FALSE(group({Kind::at_step, 1}).has_reference()) << "not a common checkpoint";
}

TEST(GroupRankingTest, WithoutCommonCheckpointsThereIsNoReference) {
  const GroupScores scores(kCurves, {0, 1}, kEarly, kLate, {});
  EXPECT_TRUE(scores.checkpoints().empty());
  EXPECT_FALSE(scores.has_reference());
}

TEST(GroupRankingTest, ReadsOtherValuesAtTheSamePoints) {
  std::vector<Curve> drawn = kCurves;
  drawn[2][1].value = 0.7;
  EXPECT_EQ(group({}).reference(drawn), (std::vector<double>{0.3, 0.7}));
}

}  // namespace
}  // namespace e2lm
