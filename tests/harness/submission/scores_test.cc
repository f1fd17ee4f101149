#include "harness/submission/scores.h"

#include <gtest/gtest.h>

#include "harness/submission/leaderboard.h"
#include "tests/support/expect_error.h"
#include "tests/support/scratch.h"

namespace e2lm::submission {
namespace {

// A member with one series of three steps, two items right at the first and one more at each.
TaskCurves member(const std::string& name, int items, std::vector<int64_t> steps) {
  TaskCurves task{.task = name, .metric = "acc", .chance = items == 4 ? 0.25 : 0.5};
  task.item_count = items;
  SeriesCurve& series = task.series.emplace_back();
  series.series = "s";
  int right = 1;
  for (const int64_t step : steps) {
    std::vector<float> values(items, 0.0F);
    std::fill(values.begin(), values.begin() + right, 1.0F);
    series.curve.push_back({.step = step,
                            .tokens = 10.0 * static_cast<double>(step),
                            .value = static_cast<double>(right) / items,
                            .standard_error = 0.1});
    series.items.add(values);
    ++right;
  }
  return task;
}

TEST(PoolCurvesTest, EveryDocumentCountsTheSame) {
  const TaskCurves a = member("a", 4, {1, 2, 3}), b = member("b", 6, {1, 3});
  const std::vector<const TaskCurves*> members = {&a, &b};
  const TaskCurves pooled = pool_curves("g", members, true);
  EXPECT_EQ(pooled.task, "g");
  EXPECT_EQ(pooled.item_count, 10);
  EXPECT_DOUBLE_EQ(*pooled.chance, (4 * 0.25 + 6 * 0.5) / 10);
  const SeriesCurve& series = pooled.series.at(0);
  ASSERT_EQ(series.curve.size(), 2u) << "only steps that both have";
  EXPECT_EQ(series.curve[1].step, 3);
  EXPECT_EQ(series.curve[1].tokens, 30);
  EXPECT_DOUBLE_EQ(series.curve[0].value, 0.2);
  EXPECT_DOUBLE_EQ(series.curve[1].value, 0.5);
  ASSERT_EQ(series.items.checkpoints(), 2);
  const auto at = series.items.at(1);
  EXPECT_EQ(std::vector<float>(at.begin(), at.end()),
            (std::vector<float>{1, 1, 1, 0, 1, 1, 0, 0, 0, 0}));
}

TEST(PoolCurvesTest, EveryTaskCountsTheSame) {
  const TaskCurves a = member("a", 4, {1, 2}), b = member("b", 6, {1, 2});
  const std::vector<const TaskCurves*> members = {&a, &b};
  const TaskCurves pooled = pool_curves("g", members, false);
  EXPECT_DOUBLE_EQ(pooled.series[0].curve[0].value, (1.0 / 4 + 1.0 / 6) / 2);
  EXPECT_DOUBLE_EQ(*pooled.chance, 0.375);
  EXPECT_TRUE(pooled.series[0].items.empty());
}

Json verdict(const std::string& name, Verdict::Status status, std::optional<double> total) {
  Verdict made{.name = name, .task = "t", .metric = "acc"};
  if (status == Verdict::Status::invalid) made.fault("samples", "has 3 samples");
  if (status == Verdict::Status::undecided) made.leave_open("domain", "the judge was down");
  if (total) {
    for (const char* part : {"signal", "ranking", "compliance", "total"}) {
      made.scores[part] = {{"value", *total}, {"low", *total - 0.1}, {"high", *total + 0.1}};
    }
  }
  return verdict_json(made);
}

TEST(SubmissionLeaderboardTest, ValidOnesByTotalAndTheOthersWithReasons) {
  using Status = Verdict::Status;
  const Leaderboard board(
      {verdict("low", Status::valid, 0.25), verdict("bad", Status::invalid, 0.9),
       verdict("unscored", Status::valid, {}), verdict("top", Status::valid, 0.5),
       verdict("open", Status::undecided, 0.8)});
  const Table ranked = board.ranked();
  ASSERT_EQ(ranked.rows.size(), 3u);
  EXPECT_EQ(ranked.rows[0][0], "top");
  EXPECT_EQ(ranked.rows[0][3], "1");
  EXPECT_EQ(ranked.rows[0][4], "0.500 (0.400 to 0.600)");
  EXPECT_EQ(ranked.rows[1][0], "low");
  EXPECT_EQ(ranked.rows[2][0], "unscored");
  EXPECT_EQ(ranked.rows[2][3], "–");
  const Table others = board.others();
  ASSERT_EQ(others.rows.size(), 2u);
  EXPECT_EQ(others.rows[0], (std::vector<std::string>{"bad", "invalid", "samples: has 3 samples"}));
  EXPECT_EQ(others.rows[1][1], "undecided");
  EXPECT_EQ(board.json()["ranked"][0]["submission"]["name"], "top");
  EXPECT_EQ(board.json()["others"][0]["faults"][0]["code"], "samples");
  EXPECT_EQ(board.whole().rows.size(), 5u);
}

TEST(SubmissionLeaderboardTest, OnlyVerdictsAreRead) {
  const Scratch scratch;
  const Json good = verdict("x", Verdict::Status::valid, 0.5);
  EXPECT_EQ(read_verdict(scratch.write("v.json", good.dump())), good);
  expect_error([&] { read_verdict(scratch.write("a.json", "[1]")); }, "a.json: is no verdict");
  Json newer = good;
  newer["version"] = 2;
  expect_error([&] { read_verdict(scratch.write("b.json", newer.dump())); }, "another version");
  Json lists = good;
  lists["faults"] = {1};
  expect_error([&] { read_verdict(scratch.write("c.json", lists.dump())); }, "no list 'faults'");
  Json parts = good;
  parts["checks"] = nullptr;
  expect_error([&] { read_verdict(scratch.write("d.json", parts.dump())); }, "no 'checks'");
}

}  // namespace
}  // namespace e2lm::submission
