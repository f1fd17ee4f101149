#include "scoring/items/item_analysis.h"

#include <gtest/gtest.h>

#include <cmath>
#include <string>

namespace e2lm {
namespace {

constexpr double kTolerance = 1e-12;

ItemValues values_of_rows(const std::vector<std::vector<float>>& rows) {
  ItemValues values;
  for (const auto& row : rows) values.add(row);
  return values;
}

// A checkpoint a word, an item a digit.
ItemValues values_of_words(const std::vector<std::string>& words) {
  std::vector<std::vector<float>> rows;
  for (const std::string& word : words) {
    rows.emplace_back();
    for (const char digit : word) rows.back().push_back(static_cast<float>(digit - '0'));
  }
  return values_of_rows(rows);
}

TaskCurves task_of(std::vector<ItemValues> series) {
  TaskCurves task{.task = "t", .metric = "acc"};
  for (ItemValues& values : series) task.series.push_back({.items = std::move(values)});
  return task;
}

TaskCurves two_series() {
  return task_of({values_of_words({"00010", "00110", "01100", "01101", "11100", "11101"}),
                  values_of_words({"00011", "01110", "00100", "11101", "11100", "11101"})});
}

void expect_near(const std::vector<double>& expected, const ItemSummary& summary,
                 std::optional<double> ItemStatistics::*member) {
  ASSERT_EQ(summary.items.size(), expected.size());
  for (size_t i = 0; i < expected.size(); ++i) {
    ASSERT_TRUE((summary.items[i].*member).has_value()) << i;
    EXPECT_NEAR(*(summary.items[i].*member), expected[i], kTolerance) << i;
  }
}

// Expected values: NumPy's corrcoef, scipy's t, statsmodels' fdr_bh on the same rows.
TEST(ItemAnalysisTest, EqualsNumpyOnRightsAndWrongs) {
  const auto summary = summarise_items(two_series());
  ASSERT_TRUE(summary.has_value());
  EXPECT_EQ(summary->series, 2);
  EXPECT_EQ(summary->checkpoints, 12);
  EXPECT_TRUE(summary->zero_one);
  EXPECT_NEAR(*summary->progress, 0.7700975217790231, 1e-6) << "of means in float";
  expect_near(
      {0.40987803063838385, 0.5, 0.16609095970748, -0.7184212081070996, 0.15289415743128767},
      *summary, &ItemStatistics::discrimination);
  expect_near({0.8535639569308374, 0.7245688373094719, 0.6546536707079773, -0.828078671210825,
               0.35146751167740364},
              *summary, &ItemStatistics::progress);
  expect_near({0.9967833274676723, 0.9941683613467225, 0.968139118746727, 0.02244758336921594,
               0.8554048258876881},
              *summary, &ItemStatistics::fall_p);
  EXPECT_NEAR(*summary->items[3].fall_q, 0.11223791684607969, kTolerance);
  const std::vector<double> difficulty = {5 / 12., 8 / 12., 10 / 12., 4 / 12., 5 / 12.};
  const std::vector<double> early = {0, 0.25, 0.5, 1, 0.25}, late = {1, 1, 1, 0, 0.5};
  for (size_t i = 0; i < 5; ++i) {
    EXPECT_NEAR(summary->items[i].difficulty, difficulty[i], kTolerance);
    EXPECT_NEAR(summary->items[i].early, early[i], kTolerance);
    EXPECT_NEAR(summary->items[i].late, late[i], kTolerance);
  }
  EXPECT_TRUE(summary->dead.empty());
  EXPECT_TRUE(summary->falling.empty()) << "q is above 0.05";
}

TEST(ItemAnalysisTest, EqualsNumpyOnNumbers) {
  const auto summary = summarise_items(task_of({values_of_rows({{0.9F, 0.1F, 0.3F},
                                                                {0.8F, 0.3F, 0.2F},
                                                                {0.85F, 0.2F, 0.4F},
                                                                {0.6F, 0.5F, 0.3F},
                                                                {0.55F, 0.7F, 0.35F},
                                                                {0.5F, 0.6F, 0.2F},
                                                                {0.2F, 0.9F, 0.4F},
                                                                {0.25F, 0.8F, 0.3F}})}));
  ASSERT_TRUE(summary.has_value());
  EXPECT_FALSE(summary->zero_one);
  // The values are float: 6e-8 of themselves.
  EXPECT_NEAR(*summary->items[0].discrimination, -0.9420855047073938, 1e-6);
  EXPECT_NEAR(*summary->items[1].discrimination, -0.9254366585455426, 1e-6);
  EXPECT_NEAR(*summary->items[2].discrimination, 0.07100716024967293, 1e-6);
  EXPECT_NEAR(*summary->items[0].progress, -0.9585848411112613, 1e-6);
  EXPECT_NEAR(*summary->items[0].fall_p, 8.60596514382629e-05, 1e-8);
  EXPECT_NEAR(*summary->items[2].fall_p, 0.6554738867780173, 1e-6);
}

// Thirty items that are learned at one time or another, one that is forgotten, one never known.
TaskCurves learning_task() {
  TaskCurves task{.task = "t", .metric = "acc"};
  for (int s = 0; s < 4; ++s) {
    SeriesCurve& series = task.series.emplace_back();
    for (int c = 0; c < 20; ++c) {
      std::vector<float> row;
      for (int i = 0; i < 30; ++i) row.push_back((c * 7 + i * 3 + s * 5) % 20 < c + 1 ? 1.F : 0.F);
      row.push_back((c * 7 + s * 11) % 20 < c + 1 ? 0.F : 1.F);
      row.push_back(0.F);
      series.items.add(row);
    }
  }
  return task;
}

TEST(ItemAnalysisTest, FindsWhatFallsAndWhatIsDead) {
  const auto summary = summarise_items(learning_task());
  EXPECT_EQ(summary->falling, std::vector<int64_t>{30});
  EXPECT_LT(*summary->items[30].fall_q, 0.001);
  EXPECT_LT(*summary->items[30].discrimination, -0.3);
  EXPECT_EQ(summary->dead, std::vector<int64_t>{31});
  EXPECT_FALSE(summary->items[31].discrimination.has_value());
  EXPECT_FALSE(summary->items[31].progress.has_value());
  ASSERT_EQ(summary->suspect_key.size(), 1u) << "without votes a falling item is the suspect";
  EXPECT_EQ(summary->suspect_key[0].item, 30);
  EXPECT_FALSE(summary->suspect_key[0].wrong.has_value());
}

TEST(ItemAnalysisTest, LowerIsBetterTurnsTheTrend) {
  TaskCurves task = learning_task();
  const auto higher = summarise_items(task);
  for (SeriesCurve& series : task.series) {
    ItemValues turned;
    for (int64_t c = 0; c < series.items.checkpoints(); ++c) {
      std::vector<float> row;
      for (const float value : series.items.at(c)) row.push_back(2 - value);
      turned.add(row);
    }
    series.items = std::move(turned);
  }
  task.higher_is_better = false;
  const auto lower = summarise_items(task);
  EXPECT_EQ(lower->falling, higher->falling);
  EXPECT_NEAR(*lower->items[3].progress, *higher->items[3].progress, kTolerance);
  EXPECT_NEAR(*lower->items[3].discrimination, *higher->items[3].discrimination, kTolerance);
}

TEST(ItemAnalysisTest, NothingFallsWhereTheTaskDoes) {
  TaskCurves task = learning_task();
  task.higher_is_better = false;
  const auto summary = summarise_items(task);
  EXPECT_LT(*summary->progress, 0);
  EXPECT_TRUE(summary->falling.empty());
}

TEST(ItemAnalysisTest, IsDefinedForHopelessInput) {
  EXPECT_FALSE(summarise_items(task_of({})).has_value());
  EXPECT_FALSE(summarise_items(task_of({ItemValues()})).has_value());
  const auto one = summarise_items(task_of({values_of_words({"101"})}));
  ASSERT_TRUE(one.has_value());
  EXPECT_EQ(one->items[0].difficulty, 1);
  EXPECT_EQ(one->items[0].early, 1);
  EXPECT_EQ(one->items[0].late, 1);
  EXPECT_FALSE(one->items[0].discrimination || one->items[0].progress || one->items[0].fall_p);
  EXPECT_TRUE(one->dead.empty()) << "one row shows no item dead";
  const auto constant = summarise_items(task_of({values_of_rows({{0.3F, 0.7F}, {0.3F, 0.7F}})}));
  EXPECT_EQ(constant->dead, (std::vector<int64_t>{0, 1}));
  EXPECT_FALSE(constant->items[0].discrimination.has_value()) << "rounding is no variance";
  EXPECT_FALSE(constant->progress.has_value());
  const auto single_item = summarise_items(task_of({values_of_words({"0", "1", "1"})}));
  EXPECT_FALSE(single_item->items[0].discrimination.has_value()) << "there are no others";
  const auto two = summarise_items(task_of({values_of_words({"01", "10"})}));
  EXPECT_FALSE(two->items[0].fall_p.has_value()) << "two points leave no freedom";
  EXPECT_EQ(*two->items[1].progress, -1);
  const auto infinite =
      summarise_items(task_of({values_of_rows({{-INFINITY, 1}, {0, 2}, {1, 3}})}));
  EXPECT_FALSE(infinite->items[0].progress.has_value());
}

TEST(ItemAnalysisTest, SeriesWithOtherItemsAreLeftOut) {
  TaskCurves task = two_series();
  task.series.push_back({.items = values_of_words({"01", "10"})});
  EXPECT_EQ(summarise_items(task)->series, 2);
}

TEST(ItemAnalysisTest, FirstAndLastThird) {
  EXPECT_TRUE(is_early(0, 1) && is_late(0, 1));
  EXPECT_TRUE(is_early(0, 2) && !is_late(0, 2) && is_late(1, 2));
  EXPECT_TRUE(is_early(1, 6) && !is_early(2, 6) && !is_late(3, 6) && is_late(4, 6));
  EXPECT_TRUE(is_late(14, 21) && !is_late(13, 21));
}

Item item(std::vector<double> nats, std::vector<int32_t> gold) {
  Item result{.gold = std::move(gold)};
  for (const double value : nats) result.choices.push_back({.logprob_nats = value});
  return result;
}

TEST(ChoiceVotesTest, CountsTheFavourites) {
  ChoiceVotes votes;
  votes.add(std::vector{item({-1, -3, -9}, {1}), item({-1, -2}, {0}), item({-1, -2}, {kNoGold})});
  votes.add(std::vector{item({-1, -4, -9}, {1}), item({-2, -1}, {0}), item({-1, -2}, {kNoGold})});
  EXPECT_EQ(votes.checkpoints(), 2);
  const auto first = votes.wrong(0);
  ASSERT_TRUE(first.has_value());
  EXPECT_EQ(first->choice, 0);
  EXPECT_EQ(first->share, 1);
  EXPECT_DOUBLE_EQ(first->margin_nats, 2.5);
  const double p1 = 1 / (1 + std::exp(-2.) + std::exp(-8.));
  const double p2 = 1 / (1 + std::exp(-3.) + std::exp(-8.));
  EXPECT_NEAR(first->probability, (p1 + p2) / 2, kTolerance);
  EXPECT_EQ(votes.wrong(1)->choice, 1);
  EXPECT_EQ(votes.wrong(1)->share, 0.5);
  EXPECT_NEAR(votes.wrong(1)->margin_nats, 0, kTolerance);
  EXPECT_FALSE(votes.wrong(2).has_value()) << "no gold to be wrong about";
}

TEST(ChoiceVotesTest, HasNoAnswerWhereThereIsNone) {
  ChoiceVotes votes;
  votes.add(std::vector{item({-INFINITY, -INFINITY}, {0}), item({-1}, {0}), item({-1, -1}, {0, 1}),
                        item({-INFINITY, -1}, {0})});
  for (int64_t i = 0; i < votes.items(); ++i) EXPECT_FALSE(votes.wrong(i).has_value()) << i;
}

TEST(ItemAnalysisTest, VotesFindWrongKeys) {
  // Of four items never right the late models: agree and are sure; agree, unsure; do not agree;
  // agree and are sure, but the item is right now and then, more so in better models.
  TaskCurves task{.task = "t", .metric = "acc"};
  task.series.push_back({.items = values_of_words({"000000", "000010", "000111", "000111"})});
  ChoiceVotes votes;
  for (int c = 0; c < 10; ++c) {
    votes.add(std::vector{item({-1, -6}, {1}), item({-1, -1.5}, {1}),
                          item({c % 2 == 0 ? -1. : -9., -5}, {1}), item({-1, -6}, {1}),
                          item({-6, -1}, {1}), item({-6, -1}, {1})});
  }
  const auto summary = summarise_items(task, &votes);
  ASSERT_EQ(summary->suspect_key.size(), 1u);
  EXPECT_EQ(summary->suspect_key[0].item, 0);
  EXPECT_EQ(summary->suspect_key[0].wrong->choice, 0);
  EXPECT_NEAR(summary->suspect_key[0].wrong->margin_nats, 5, kTolerance);
  const auto lenient = summarise_items(task, &votes, {.confidence = 0.5});
  EXPECT_EQ(lenient->suspect_key.size(), 2u);
}

}  // namespace
}  // namespace e2lm
