#include "harness/merge/merge.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <thread>

#include "base/hash.h"
#include "harness/import/importer.h"
#include "harness/store/store_dump.h"
#include "harness/sweep/plan.h"
#include "harness/sweep/sweep.h"
#include "tests/support/expect_error.h"
#include "tests/support/fake_engine.h"
#include "tests/support/made_store.h"
#include "tests/support/older_store.h"
#include "tests/support/run_folder.h"

namespace e2lm {
namespace {

std::string dump(const Path& path) {
  std::string text;
  dump_store(Store::open_existing(path), [&](const std::string& line) { text += line + "\n"; });
  return text;
}

class MergeTest : public testing::Test {
 protected:
  // A store of one cell with the blocks given, by their number; each has two requests of six.
  Path cell_store(const std::string& name, Store::State state, const std::vector<int64_t>& blocks,
                  double shift = 0) {
    const Path path = scratch_ / name / "store.sqlite";
    Store store = Store::open(path);
    const int64_t weights = store.add_weights({"weights", "llama", "F32", 10, 40});
    const int64_t set = store.add_request_set("requests", {5, 4, 3, 2, 1, 0});
    const int64_t cell = store.open_cell({weights, set, "float32 cpu"});
    for (const int64_t block : blocks) {
      const double nats = -1.0 * static_cast<double>(block) + shift;
      store.add_block(cell, {2 * block, {nats, nats - 0.5}, {1, 0, 2, 1}});
    }
    if (state == Store::State::done) store.finish_cell(cell, 1, 6);
    if (state == Store::State::failed) store.fail_cell(cell, "out of memory");
    return path;
  }

  // One with a plan of one series and checkpoint, and a task.
  Path plan_store(const std::string& name, const std::string& weights,
                  const std::function<void(Plan&)>& change = {}) {
    const Path path = scratch_ / name / "store.sqlite";
    Store store = Store::open(path);
    Plan plan{.task_names = {"t"}};
    plan.tasks = {{.name = "t",
                   .content_sha256 = "c",
                   .tokenizer_sha256 = "k",
                   .request_set = store.add_request_set("r", {0, 1}),
                   .items = {{.golds = {0}, .choices = {{1, 1}, {2, 2}}}},
                   .metrics = {"acc"}}};
    plan.series = {{.name = "s", .group = "g", .tokenizer_sha256 = "k"}};
    Plan::CheckpointRow row{{"s", 10, 1e9, "path"}, {}, "", "float32 cpu"};
    if (!weights.empty()) row.weights = store.add_weights({weights});
    plan.series[0].checkpoints = {row};
    if (change) change(plan);
    write_plan(store, plan);
    return path;
  }

  const Store::Cell only_cell(const Path& path) const {
    return Store::open_existing(path).cells().begin()->second;
  }

  Scratch scratch_;
  Path target_ = scratch_ / "merged/store.sqlite";
};

TEST_F(MergeTest, ShardsAreTheSweepInAnyOrderAndAsOftenAsOneLikes) {
  const RunFolder folder;
  const auto sweep = [&](const Path& path, Shard shard) {
    Store store = Store::open(path);
    const PlannedSweep planned =
        plan_sweep(Manifest::read(folder.manifest), TaskLibrary({}), store, {}, EngineOptions{});
    run_sweep(planned, store,
              {.shard = shard, .quiet = true, .open_engine = [](const auto&, const auto&) {
                 return std::make_unique<FakeEngine>();
               }});
    return path;
  };
  const Path whole = sweep(scratch_ / "whole/store.sqlite", {});
  std::vector<Path> shards;
  for (const int64_t index : {1, 2, 3}) {
    shards.push_back(
        sweep(scratch_ / "shards" / std::to_string(index) / "store.sqlite", {index, 3}));
  }
  EXPECT_EQ(stores_at(scratch_.folder()).size(), 1u) << "the whole run's";
  EXPECT_EQ(stores_at(scratch_ / "shards"), shards);
  const std::string expected = dump(whole);
  do {
    std::filesystem::remove(target_);
    const MergeSummary first = merge_stores(shards, target_);
    EXPECT_EQ(first.cells, 3);
    EXPECT_EQ(first.requests, 18);
    EXPECT_EQ(dump(target_), expected);
    const MergeSummary second = merge_stores(shards, target_);
    EXPECT_EQ(second.cells, 0);
    EXPECT_EQ(second.requests, 0);
    EXPECT_TRUE(second.notes.empty());
    EXPECT_EQ(dump(target_), expected);
  } while (std::next_permutation(shards.begin(), shards.end()));
  // One after the other into a store that is there, the whole among them.
  std::filesystem::remove(target_);
  merge_stores({shards[0]}, target_);
  for (const Path& shard : shards) merge_stores({shard, target_}, target_);
  merge_stores({whole}, target_);
  EXPECT_EQ(dump(target_), expected);
  EXPECT_NE(dump(shards[0]), expected);
}

TEST_F(MergeTest, BlocksOfRunningCellsAreUnitedAndMakeThemDone) {
  const Path a = cell_store("a", Store::State::running, {0});
  const Path b = cell_store("b", Store::State::failed, {0, 2});
  merge_stores({a, b}, target_);
  EXPECT_EQ(only_cell(target_).state, Store::State::running) << "it goes before a failed one";
  EXPECT_EQ(Store::open_existing(target_).blocks(only_cell(target_).id).size(), 2u);
  const MergeSummary last = merge_stores({cell_store("c", Store::State::running, {1})}, target_);
  EXPECT_EQ(last.cells, 1);
  EXPECT_EQ(last.requests, 2);
  EXPECT_EQ(only_cell(target_).state, Store::State::done);
  EXPECT_EQ(dump(target_), dump(cell_store("d", Store::State::done, {0, 1, 2})));
}

// A watch goes on adding weights and cells while its store is merged into another.
TEST_F(MergeTest, AStoreInUseIsTakenAsItIsAtOneMoment) {
  const Path source = cell_store("in-use", Store::State::done, {0, 1, 2});
  std::atomic<bool> merged = false;
  std::jthread watch([&] {
    Store store = Store::open(source);
    for (int i = 0; i < 1000 && !merged; ++i) {
      const int64_t weights = store.add_weights({std::to_string(i)});
      const int64_t set = store.add_request_set(std::to_string(i), {0});
      store.pause_cell(store.open_cell({weights, set, "float32 cpu"}), 1, 1);
    }
  });
  for (int i = 0; i < 10; ++i) merge_stores({source}, scratch_ / std::to_string(i), {});
  merged = true;
}

TEST_F(MergeTest, FailedLosesToDone) {
  const Path failed = cell_store("a", Store::State::failed, {});
  const Path done = cell_store("b", Store::State::done, {0, 1, 2});
  merge_stores({failed}, target_);
  EXPECT_EQ(only_cell(target_).error, "out of memory");
  merge_stores({done}, target_);
  EXPECT_EQ(dump(target_), dump(done));
  merge_stores({failed}, target_);
  EXPECT_EQ(dump(target_), dump(done));
}

TEST_F(MergeTest, BlocksCutElsewhereFitTogether) {
  const Path path = scratch_ / "odd/store.sqlite";
  {
    Store store = Store::open(path);
    const int64_t cell =
        store.open_cell({store.add_weights({"weights", "llama", "F32", 10, 40}),
                         store.add_request_set("requests", {5, 4, 3, 2, 1, 0}), "float32 cpu"});
    store.add_block(cell, {1, {-0.5, -1.0, -1.5, -2.0}, {2, 1, 1, 0, 2, 1, 1, 0}});
  }
  merge_stores({cell_store("a", Store::State::running, {0, 1})}, target_);
  EXPECT_EQ(merge_stores({path}, target_).requests, 1);
  const auto blocks = Store::open_existing(target_).blocks(only_cell(target_).id);
  ASSERT_EQ(blocks.size(), 3u);
  EXPECT_EQ(blocks[2].first, 4);
  EXPECT_EQ(blocks[2].nats, (std::vector<double>{-2.0}));
  EXPECT_EQ(blocks[2].counts, (std::vector<int32_t>{1, 0}));
}

TEST_F(MergeTest, OtherScoresForTheSameRequestsAreRefused) {
  const Path a = scratch_ / "a/store.sqlite", b = scratch_ / "b/store.sqlite";
  make_store(a);
  make_store(b);
  Store::open(b).database().run(
      "UPDATE block SET nats = (SELECT nats FROM block WHERE cell = 2), checksum = "
      "(SELECT checksum FROM block WHERE cell = 2) WHERE cell = 1");
  for (const auto& order : {std::vector{a, b}, std::vector{b, a}}) {
    expect_error([&] { merge_stores(order, target_); }, "a/store.sqlite", "b/store.sqlite",
                 "a step 10, made", "settings float32 cpu", "other scores");
    EXPECT_FALSE(std::filesystem::exists(target_.parent_path())) << "nothing is left, nor beside";
  }
  merge_stores({a}, target_);
  const std::string before = dump(target_);
  expect_error([&] { merge_stores({b}, target_); }, "b/store.sqlite", "merged/store.sqlite");
  EXPECT_EQ(dump(target_), before);
}

TEST_F(MergeTest, TheSameNameForTwoThingsIsRefused) {
  const Path a = plan_store("a", "w1");
  const auto refused = [&](const Path& b, const char* what) {
    expect_error([&] { merge_stores({a, b}, target_); }, "a/store.sqlite", b.string(), what);
  };
  refused(plan_store("weights", "w2"), "the weights of s step 10");
  refused(plan_store("task", "w1", [](Plan& plan) { plan.tasks[0].content_sha256 = "d"; }),
          "the task t");
  refused(plan_store("group", "w1", [](Plan& plan) { plan.series[0].group = "h"; }), "the group");
  refused(plan_store("tokens", "w1",
                     [](Plan& plan) { plan.series[0].checkpoints[0].ref.tokens = 2e9; }),
          "the tokens of s step 10");
  refused(plan_store("rules", "w1", [](Plan& plan) { plan.rules.signal_weight = 0.1; }),
          "the scoring rules");
  refused(plan_store("settings", "w1",
                     [](Plan& plan) { plan.series[0].checkpoints[0].settings = "bfloat16 cpu"; }),
          "the arithmetic");
}

TEST_F(MergeTest, WhatTheTargetSaidBeforeGivesWayAndThatIsSaid) {
  merge_stores({plan_store("a", "w1")}, target_);
  const MergeSummary summary = merge_stores({plan_store("b", "w2")}, target_);
  ASSERT_EQ(summary.notes.size(), 1u);
  EXPECT_NE(summary.notes[0].find("the weights of s step 10"), std::string::npos);
  EXPECT_NE(dump(target_).find(R"("weights":"w2")"), std::string::npos);
  EXPECT_TRUE(merge_stores({plan_store("c", "w2")}, target_).notes.empty());
}

TEST_F(MergeTest, PlansAreUnited) {
  const Path a = plan_store("a", "w1");
  const Path unread = plan_store("b", "", [](Plan& plan) {
    plan.series[0].checkpoints.push_back({{"s", 20, 2e9, "path20"}, {}, "is damaged", ""});
    plan.series.push_back({.name = "z", .group = "g", .tokenizer_sha256 = "k"});
  });
  merge_stores({unread, a}, target_);
  const Plan plan = read_plan(Store::open_existing(target_));
  ASSERT_EQ(plan.series.size(), 2u);
  ASSERT_EQ(plan.series[0].checkpoints.size(), 2u);
  EXPECT_TRUE(plan.series[0].checkpoints[0].weights) << "known goes before not read";
  EXPECT_EQ(plan.series[0].checkpoints[1].error, "is damaged");
  const Path other_tokenizer = plan_store("c", "w3", [](Plan& plan_c) {
    plan_c.tasks[0].name = "u";
    plan_c.task_names = {"u"};
    plan_c.tasks[0].tokenizer_sha256 = "l";
    plan_c.series[0].name = "y";
    plan_c.series[0].tokenizer_sha256 = "l";
    plan_c.series[0].checkpoints[0].ref.series = "y";
  });
  expect_error([&] { merge_stores({a, other_tokenizer}, target_); }, "has no requests of the task");
}

TEST_F(MergeTest, APlanCanBeKept) {
  merge_stores({plan_store("a", "", [](Plan& plan) { plan.rules.draws = 7; })}, target_);
  const Path b = plan_store("b", "w1", [](Plan& plan) {
    plan.series[0].group = "stale";
    plan.series.push_back({.name = "stale", .group = "g", .tokenizer_sha256 = "k"});
  });
  EXPECT_TRUE(merge_stores({b}, target_, {.keep_plan = true}).notes.empty());
  const Plan plan = read_plan(Store::open_existing(target_));
  ASSERT_EQ(plan.series.size(), 1u);
  EXPECT_EQ(plan.series[0].group, "g");
  EXPECT_EQ(plan.rules.draws, 7);
  EXPECT_TRUE(plan.series[0].checkpoints[0].weights);
}

TEST_F(MergeTest, DamagedAndForeignStoresAreRefused) {
  const Path good = cell_store("a", Store::State::done, {0, 1, 2});
  const Path bad = scratch_ / "bad.sqlite";
  expect_error([&] { merge_stores({good, bad}, target_); }, "bad.sqlite", "no such store");
  const std::string bytes = read_file(good);
  write_file(bad, bytes.substr(0, bytes.size() / 2));
  expect_error([&] { merge_stores({good, bad}, target_); }, "bad.sqlite", "is damaged");
  write_file(bad, std::string(5000, 'x'));
  expect_error([&] { merge_stores({good, bad}, target_); }, "bad.sqlite", "no SQLite database");
  write_file(bad, "");
  expect_error([&] { merge_stores({good, bad}, target_); }, "bad.sqlite", "is empty");
  const Path newer = cell_store("newer", Store::State::done, {0, 1, 2});
  Store::open(newer).database().run("PRAGMA user_version = 99");
  expect_error([&] { merge_stores({newer}, target_); }, "version 99");
  const Path lacking = cell_store("lacking", Store::State::done, {0, 2});
  expect_error([&] { merge_stores({lacking}, target_); }, "lacking", "is done and lacks scores");
  const Path beyond = cell_store("beyond", Store::State::running, {0, 3});
  expect_error([&] { merge_stores({beyond}, target_); }, "beyond its 6 requests");
  const Path loose = cell_store("loose", Store::State::running, {0});
  Store::open(loose).database().run("UPDATE cell SET weights = 77");
  expect_error([&] { merge_stores({loose}, target_); }, "points at nothing");
  EXPECT_FALSE(std::filesystem::exists(target_));
}

TEST_F(MergeTest, AnOlderStoreIsReadAndLeftAsItIs) {
  const Path old = cell_store("old", Store::State::done, {0, 1, 2});
  {
    Store store = Store::open(old);
    make_older(store, 3);
    store.database().run("PRAGMA journal_mode = DELETE");
  }
  const std::string before = read_file(old);
  merge_stores({old}, target_);
  EXPECT_EQ(read_file(old), before);
  EXPECT_EQ(dump(target_), dump(cell_store("new", Store::State::done, {0, 1, 2})));
}

TEST_F(MergeTest, ImportsAreMergedAndTheFileWrittenLastStays) {
  const auto import = [&](const std::string& name, const std::string& text, double written) {
    const Path path = scratch_ / name / "store.sqlite";
    Store store = Store::open(path);
    const std::vector<Path> files = {scratch_.write("x.csv", text)};
    import_results(files, {}, store);
    Statement(store.database(), "UPDATE import_file SET written = ?").bind(written).finish();
    return path;
  };
  const Path a = import("a", "series,step,task,value\na,1,t,0.5\n", 100);
  const Path b = import("b", "series,step,task,value\na,1,t,0.75\nb,2,t,0.25\n", 200);
  for (const auto& order : {std::vector{a, b}, std::vector{b, a}}) {
    std::filesystem::remove(target_);
    merge_stores(order, target_);
    EXPECT_EQ(dump(target_), dump(b));
  }
  const Path c = import("c", "series,step,task,value\na,1,t,0.9\n", 200);
  expect_error([&] { merge_stores({b, c}, target_); }, "c/store.sqlite", "x.csv differently");
}

}  // namespace
}  // namespace e2lm
