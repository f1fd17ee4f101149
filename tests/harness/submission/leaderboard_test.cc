#include "harness/submission/leaderboard.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness/submission/verdict.h"
#include "tests/support/expect_error.h"
#include "tests/support/scratch.h"

namespace e2lm::submission {
namespace {

using Status = Verdict::Status;
using Row = std::vector<std::string>;

Json verdict(const std::string& name, Status status, std::optional<double> total) {
  Verdict made{.name = name, .sha256 = "of " + name, .task = "t", .metric = "acc"};
  if (status == Status::invalid) made.fault("samples", "has 3 samples");
  if (status == Status::undecided) made.leave_open("domain", "the judge was down");
  if (total) {
    for (const char* part : {"signal", "ranking", "compliance", "total"}) {
      made.scores[part] = {{"value", *total}, {"low", *total - 0.1}, {"high", *total + 0.1}};
    }
    made.scores["series"] = {{{"series", "small"}, {"checkpoints_sha256", "ab"}},
                             {{"series", "large"}, {"checkpoints_sha256", "cd"}}};
    made.scores["settings"] = "float32 cpu";
    made.scores["rules"] = {{"weights", {{"signal", 0.5}, {"ranking", 0.1}}},
                            {"rules", {{"tie_rule", "stable"}, {"draws", 1000}}}};
  }
  return verdict_json(made);
}

Leaderboard board_of(const std::vector<Json>& verdicts) {
  std::vector<Candidate> candidates;
  for (const Json& one : verdicts) candidates.push_back({.verdict = one});
  return Leaderboard(std::move(candidates));
}

Row column(const Table& table, size_t number) {
  Row values;
  for (const Row& row : table.rows) values.push_back(row.at(number));
  return values;
}

TEST(SubmissionLeaderboardTest, ValidOnesByTotalAndTheOthersWithReasons) {
  const Leaderboard board =
      board_of({verdict("low", Status::valid, 0.25), verdict("bad", Status::invalid, 0.9),
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
  EXPECT_EQ(others.rows[0], (Row{"bad", "invalid", "samples: has 3 samples"}));
  EXPECT_EQ(others.rows[1][1], "undecided");
  EXPECT_EQ(board.json()["ranked"][0]["submission"]["name"], "top");
  EXPECT_EQ(board.json()["others"][0]["faults"][0]["code"], "samples");
  EXPECT_EQ(board.json()["others"][0]["reasons"], Json({"samples: has 3 samples"}));
  EXPECT_EQ(board.whole().rows.size(), 5u);
}

TEST(SubmissionLeaderboardTest, EqualTotalsShareAPlace) {
  const Leaderboard board =
      board_of({verdict("d", Status::valid, 0.25), verdict("c", Status::valid, 0.5),
                verdict("b", Status::valid, 0.5), verdict("a", Status::valid, 0.75)});
  EXPECT_EQ(column(board.ranked(), 0), (Row{"a", "b", "c", "d"}));
  EXPECT_EQ(column(board.ranked(), 3), (Row{"1", "2", "2", "4"}));
  EXPECT_EQ(column(board.whole(), board.whole().header.size() - 1), (Row{"1", "2", "2", "4"}));
  EXPECT_EQ(board.json()["ranked"][2]["place"], 2);
  EXPECT_EQ(board.json()["ranked"][3]["place"], 4);
}

// What differs in one verdict keeps it from the places, whatever its total.
TEST(SubmissionLeaderboardTest, OnlyTotalsFoundAlikeAreRanked) {
  const std::map<std::string, std::string> changes = {
      {"/scores/rules/weights/signal", "weights.signal is 1, of those ranked 0.5"},
      {"/scores/rules/rules/tie_rule", "rules.tie_rule is 1, of those ranked stable"},
      {"/scores/settings", "settings is 1, of those ranked float32 cpu"},
      {"/scores/series/1/checkpoints_sha256", "checkpoints of large is 1, of those ranked cd"},
      {"/scores/series/1/series", "checkpoints of large is not given, of those ranked cd"},
      {"/scores/rules/more", "more is 1, of those ranked not given"}};
  for (const auto& [where, reason] : changes) {
    Json odd = verdict("odd", Status::valid, 0.9);
    odd[Json::json_pointer(where)] = 1;
    const Leaderboard board =
        board_of({odd, verdict("a", Status::valid, 0.25), verdict("unscored", Status::valid, {}),
                  verdict("invalid", Status::invalid, 0.5), verdict("b", Status::valid, 0.5)});
    EXPECT_EQ(column(board.ranked(), 0), (Row{"b", "a", "unscored"})) << where;
    ASSERT_EQ(board.others().rows.size(), 2u) << where;
    EXPECT_EQ(board.others().rows[1], (Row{"odd", "valid", "scored otherwise: " + reason}));
  }
}

TEST(SubmissionLeaderboardTest, OfAsManyTheFirstOnesAreRanked) {
  Json other = verdict("other", Status::valid, 0.9);
  other["scores"]["settings"] = "bfloat16 cuda";
  const Json one = verdict("one", Status::valid, 0.25);
  EXPECT_EQ(column(board_of({one, other}).ranked(), 0), Row{"one"});
  EXPECT_EQ(column(board_of({other, one}).ranked(), 0), Row{"other"});
}

// The same entry under two names, or one file given twice, has one place.
TEST(SubmissionLeaderboardTest, ASubmissionHasOnePlace) {
  const Json entry = verdict("entry", Status::valid, 0.5);
  Json copy = entry, other_metric = entry;
  copy["submission"]["name"] = "entry again";
  other_metric["submission"]["name"] = "its other metric";
  other_metric["task"]["metric"] = "acc_norm";
  const Leaderboard board =
      board_of({copy, other_metric, entry, verdict("low", Status::valid, 0.25)});
  EXPECT_EQ(column(board.ranked(), 0), (Row{"entry", "its other metric", "low"}));
  ASSERT_EQ(board.others().rows.size(), 1u);
  EXPECT_EQ(board.others().rows[0], (Row{"entry again", "valid", "the same submission as entry"}));
}

TEST(SubmissionLeaderboardTest, AFolderWithoutAVerdictIsNotRanked) {
  const Scratch scratch;
  scratch.write("done/verdict.json", verdict("done", Status::valid, 0.5).dump());
  scratch.write("stopped/store.sqlite", "");
  scratch.write("notes/readme.txt", "");
  std::vector<Candidate> candidates;
  for (const Path& folder : list_folder(scratch.folder())) {
    candidates.push_back(read_candidate(folder));
  }
  const Leaderboard board(std::move(candidates));
  EXPECT_EQ(column(board.ranked(), 0), Row{"done"});
  const Table others = board.others();
  ASSERT_EQ(others.rows.size(), 2u);
  EXPECT_EQ(others.rows[0],
            (Row{"notes", "no verdict",
                 "the folder holds no verdict.json (expected one of `e2lm submission score`)"}));
  EXPECT_EQ(others.rows[1],
            (Row{"stopped", "no verdict",
                 "no verdict yet: `e2lm submission score` goes on where it stopped"}));
  EXPECT_EQ(read_candidate(scratch / "stopped/").verdict["submission"]["name"], "stopped");
  expect_error([&] { read_candidate(scratch / "none.json"); }, "none.json");
}

TEST(SubmissionLeaderboardTest, OnlyVerdictsAreRead) {
  const Scratch scratch;
  const Json good = verdict("x", Status::valid, 0.5);
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
