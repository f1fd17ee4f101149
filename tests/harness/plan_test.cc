#include "harness/sweep/plan.h"

#include <gtest/gtest.h>

#include "tests/support/expect_error.h"
#include "tests/support/older_store.h"
#include "tests/support/scratch.h"

namespace e2lm {
namespace {

TEST(PlanTest, ReadsBackWhatWasWritten) {
  const Scratch scratch;
  Store store = Store::open(scratch / "store.sqlite");
  const int64_t weights = store.add_weights({"w"});
  Plan plan{.task_names = {"b", "a"}};
  for (const char* name : {"b", "a"}) {
    plan.tasks.push_back({.name = name,
                          .content_sha256 = "c",
                          .tokenizer_sha256 = "t",
                          .request_set = store.add_request_set(name, {0}),
                          .items = {{.golds = {1}, .choices = {{3, 4}, {5, 6}}}},
                          .metrics = {"acc", "margin"}});
  }
  plan.series = {
      {.name = "s", .group = "g", .control_for = "x", .mix = Mix::web, .tokenizer_sha256 = "t"}};
  plan.series[0].checkpoints = {{{"s", 10, 1e9, "path/10"}, weights, "", "float32 cpu"},
                                {{"s", 20, 2e9, "path/20"}, {}, "damaged", ""}};
  plan.rules.early = {.max_tokens = 206e9, .step_multiple = 4000};
  plan.rules.reference = {RankingReference::Kind::at_step, 7};
  plan.rules.signal_weight = 0.25;
  plan.rules.early.min_step = 8;
  plan.rules.tie_rule = TieRule::reversed;
  plan.rules.orientation = Orientation::as_stored;
  plan.rules.compliance = ComplianceMeasure::auc_gap;
  plan.rules.draws = 50;
  plan.rules.seed = 6;
  plan.tokens = {.special = SpecialTokens::add, .too_long = TokenRules::TooLong::cut};
  write_plan(store, plan);

  const Plan read = read_plan(store);
  EXPECT_EQ(read.task_names, plan.task_names);
  ASSERT_EQ(read.tasks.size(), 2u);
  EXPECT_EQ(read.tasks[1].metrics, plan.tasks[1].metrics);
  EXPECT_EQ(read.tasks[0].items[0].golds[0], 1);
  EXPECT_EQ(read.tasks[0].items[0].choices[1].bytes, 6);
  ASSERT_EQ(read.series.size(), 1u);
  EXPECT_EQ(read.series[0].mix, Mix::web);
  EXPECT_EQ(read.series[0].checkpoints[0].weights, weights);
  EXPECT_EQ(read.series[0].checkpoints[1].weights, std::nullopt);
  EXPECT_EQ(read.series[0].checkpoints[1].error, "damaged");
  EXPECT_EQ(read.series[0].checkpoints[0].settings, "float32 cpu");
  EXPECT_EQ(read.rules.early.max_tokens, 206e9);
  EXPECT_TRUE(std::isinf(read.rules.late.max_tokens));
  EXPECT_EQ(read.rules.reference.step, 7);
  EXPECT_EQ(read.rules.signal_weight, 0.25);
  EXPECT_EQ(read.rules.early.min_step, 8);
  EXPECT_EQ(read.rules.late.max_step, Grid{}.max_step);
  EXPECT_EQ(read.rules.tie_rule, TieRule::reversed);
  EXPECT_EQ(read.rules.orientation, Orientation::as_stored);
  EXPECT_EQ(read.rules.compliance, ComplianceMeasure::auc_gap);
  EXPECT_EQ(read.rules.draws, 50);
  EXPECT_EQ(read.rules.seed, 6u);
  EXPECT_EQ(read.tokens.json(), plan.tokens.json());
  EXPECT_EQ(&read.task("a", read.series[0]), &read.tasks[1]);
}

TEST(PlanTest, TheLatestPlanCounts) {
  const Scratch scratch;
  Store store = Store::open(scratch / "store.sqlite");
  expect_error([&] { read_plan(store); }, "no sweep yet");
  Plan plan;
  plan.series = {{.name = "old"}, {.name = "both"}};
  write_plan(store, plan);
  plan.series = {{.name = "both"}, {.name = "new"}};
  write_plan(store, plan);
  const Plan read = read_plan(store);
  ASSERT_EQ(read.series.size(), 2u);
  EXPECT_EQ(read.series[0].name, "both");
  EXPECT_EQ(read.series[1].name, "new");
}

// Version 1 kept the engine's settings once for the whole sweep.
TEST(PlanTest, ReadsStoresOfVersion1) {
  const Scratch scratch;
  {
    Store store = Store::open(scratch / "store.sqlite");
    Plan plan;
    plan.series = {{.name = "s"}};
    plan.series[0].checkpoints = {{{"s", 10, 1e9, "path/10"}, store.add_weights({"w"}), "", "x"}};
    write_plan(store, plan);
    make_older(store, 1);
    store.database().run("INSERT INTO meta VALUES ('settings', 'float32 cpu')");
  }
  const Plan read = read_plan(Store::open_existing(scratch / "store.sqlite"));
  EXPECT_EQ(read.series[0].checkpoints[0].settings, "float32 cpu");
  EXPECT_EQ(read_plan(Store::open_existing(scratch / "store.sqlite")).series.size(), 1U);
}

TEST(PlanTest, ASeriesWithoutRequestsIsAnError) {
  const Plan plan{.tasks = {{.name = "t", .tokenizer_sha256 = "a"}}};
  EXPECT_EQ(plan.task("t", {.name = "s", .tokenizer_sha256 = "a"}).name, "t");
  expect_error([&] { plan.task("t", {.name = "s", .tokenizer_sha256 = "b"}); },
               "no requests of the task t in the tokens of the series s");
}

TEST(PlanTest, DamagedItemsAreAnError) {
  const Scratch scratch;
  Store store = Store::open(scratch / "store.sqlite");
  Plan plan{.task_names = {"t"}};
  plan.tasks = {{.name = "t",
                 .request_set = store.add_request_set("r", {0}),
                 .items = {{.golds = {0}, .choices = {{1, 1}, {2, 2}}}},
                 .metrics = {"acc"}}};
  write_plan(store, plan);
  for (const char* items : {"x'00000000'", "x'0500000002000000'", "x'00000000ffffff7f'"}) {
    store.database().run(std::string("UPDATE task SET items = ") + items);
    expect_error([&] { read_plan(store); }, "damaged task", "items of t", "checksum");
    store.database().run("UPDATE task SET checksum = crc32(documents, items, metrics)");
    expect_error([&] { read_plan(store); }, "damaged task");
  }
}

}  // namespace
}  // namespace e2lm
