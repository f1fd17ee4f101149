#include "scoring/metrics/group.h"

#include <gtest/gtest.h>

#include <cmath>

namespace e2lm {
namespace {

const std::vector<Score> kMembers = {{0.5, 0.1, 10}, {0.2, 0.3, 30}};

TEST(GroupTest, WeightedByHand) {
  const Score score = combine(kMembers, true);
  EXPECT_DOUBLE_EQ(score.value, (5.0 + 6.0) / 40);
  EXPECT_EQ(score.items, 40);
  // (9 * 0.01 * 10 + 29 * 0.09 * 30) / (40 - 2) / 40
  EXPECT_DOUBLE_EQ(*score.standard_error, std::sqrt((0.9 + 78.3) / 38 / 40));
}

TEST(GroupTest, PlainByHand) {
  const Score score = combine(kMembers, false);
  EXPECT_DOUBLE_EQ(score.value, 0.35);
  EXPECT_EQ(score.items, 40);
  EXPECT_DOUBLE_EQ(*score.standard_error, std::sqrt(0.01 + 0.09) / 2);
}

TEST(GroupTest, OneMemberWithoutAnErrorLeavesNone) {
  std::vector<Score> members = kMembers;
  members[1].standard_error.reset();
  EXPECT_FALSE(combine(members, true).standard_error);
  EXPECT_FALSE(combine(members, false).standard_error);
}

TEST(GroupTest, RulesPickFiltersAndMembers) {
  const std::vector<TaskScores> leaves = {
      {"a", 10, {{"acc", "none", {0.5, 0.1, 10}}, {"acc", "first", {0.1, 0.1, 10}}}},
      {"b", 30, {{"acc", "none", {0.2, 0.3, 30}}, {"f1", "none", {0.9, {}, 30}}}},
  };
  const std::vector<GroupRule> rules = {{.metric = "acc"},
                                        {.metric = "f1", .weight_by_size = false},
                                        {.metric = "acc", .filters = {{"first", "absent"}}},
                                        {.metric = "mcc"}};
  const std::vector<NamedScore> scores = score_group(rules, leaves);
  ASSERT_EQ(scores.size(), 4U);
  EXPECT_EQ(scores[0].metric + "," + scores[0].filter, "acc,first");  // sorted
  EXPECT_DOUBLE_EQ(scores[0].score.value, 0.1);
  EXPECT_EQ(scores[0].score.items, 10);
  EXPECT_EQ(scores[1].filter, "none");
  EXPECT_DOUBLE_EQ(scores[1].score.value, 0.275);
  EXPECT_EQ(scores[2].metric, "f1");
  EXPECT_DOUBLE_EQ(scores[2].score.value, 0.9);
  EXPECT_FALSE(scores[2].score.standard_error);
  EXPECT_EQ(scores[3].filter, "first");
}

}  // namespace
}  // namespace e2lm
