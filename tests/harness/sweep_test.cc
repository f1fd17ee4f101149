#include "harness/sweep/sweep.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <regex>

#include "base/file_stamp.h"
#include "harness/results/answers.h"
#include "harness/results/results.h"
#include "tests/support/expect_error.h"
#include "tests/support/fake_engine.h"
#include "tests/support/run_folder.h"
#include "tests/support/whole_sweep.h"

namespace e2lm {
namespace {

class SweepTest : public testing::Test {
 protected:
  SweepSummary sweep(Shard shard = {}) {
    Store store = Store::open(store_path_);
    const PlannedSweep planned =
        plan_sweep(Manifest::read(folder_.manifest), TaskLibrary({}), store, {}, EngineOptions{},
                   {.hashes = [shard](int64_t number) { return shard.has(number); }});
    opened_ = 0;
    SweepOptions options{.shard = shard, .quiet = true};
    options.open_engine = [this](const Checkpoint& checkpoint, const EngineOptions&) {
      ++opened_;
      if (on_open_) on_open_(checkpoint);
      auto engine = std::make_unique<FakeEngine>();
      if (checkpoint.folder() == damaged_) engine->times = std::nan("");
      return engine;
    };
    return run_sweep(planned, store, options);
  }

  void SetUp() override { folder_.settle(); }

  Report report() const { return load_report(Store::open_existing(store_path_)); }

  RunFolder folder_;
  Path store_path_ = folder_.scratch / "run/store.sqlite";
  std::function<void(const Checkpoint&)> on_open_;
  Path damaged_;  // a checkpoint whose scores are NaN
  int opened_ = 0;
};

TEST_F(SweepTest, ComputesEveryCellOnce) {
  SweepSummary first = sweep();
  EXPECT_EQ(first.cells, 3);
  EXPECT_EQ(first.computed, 3);
  EXPECT_EQ(first.failed, 0);
  const SweepSummary second = sweep();
  EXPECT_EQ(second.computed, 0);
  EXPECT_EQ(opened_, 0) << "no checkpoint is opened when nothing is missing";
  const Report result = report();
  ASSERT_EQ(result.curves.size(), 1u);
  ASSERT_EQ(result.curves[0].series[0].curve.size(), 3u);
  EXPECT_EQ(result.curves[0].chance, 0.5);
}

// One bit of a score, as a disk may lose it: SQLite itself sees nothing.
TEST_F(SweepTest, ADamagedBlockIsComputedAgain) {
  sweep();
  const std::string before = contents(store_path_);
  std::string nats;
  {
    const Store store = Store::open(store_path_);
    Statement block(store.database(), "SELECT nats FROM block");
    block.step();
    const auto bytes = block.bytes(0);
    nats.assign(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  }
  std::string file = read_file(store_path_);
  const size_t at = file.find(nats);
  ASSERT_NE(at, std::string::npos);
  file[at + 3] ^= 0x10;
  write_file(store_path_, file);
  expect_error([&] { report(); }, "store.sqlite", "the block from request 0 of cell", "e2lm sweep");
  const SweepSummary summary = sweep();
  EXPECT_EQ(summary.damaged, 1);
  EXPECT_EQ(summary.computed, 1);
  EXPECT_EQ(contents(store_path_), before);
}

// What SQLite wrote to a file without a name would be lost, and nobody told.
TEST_F(SweepTest, AStoreThatIsRemovedOrReplacedEndsIt) {
  on_open_ = [&](const Checkpoint&) { std::filesystem::remove(store_path_); };
  expect_error([&] { sweep(); }, store_path_.string(), "was removed, moved or replaced");
  on_open_ = nullptr;
  EXPECT_EQ(sweep().computed, 3);
  write_file(folder_.checkpoint(80) / "config.json",
             read_file(folder_.checkpoint(80) / "config.json") + " ");
  const std::string another = read_file(store_path_);
  on_open_ = [&](const Checkpoint&) { write_file(store_path_, another); };
  expect_error([&] { sweep(); }, store_path_.string(), "was removed, moved or replaced");
}

TEST_F(SweepTest, ShardsAreDisjointAndTogetherTheSweep) {
  const SweepSummary second = sweep({2, 2});
  EXPECT_EQ(second.computed, 1);
  EXPECT_EQ(second.left_out, 2);
  EXPECT_EQ(opened_, 1);
  const SweepSummary first = sweep({1, 2});
  EXPECT_EQ(first.computed, 2);
  EXPECT_EQ(first.left_out, 0);
  EXPECT_EQ(sweep().computed, 0);
  const auto without_seconds = [this] {
    Json json = report_json(report());
    for (Json& cell : json["cells"]) cell.erase("seconds");
    return json;
  };
  const Json together = without_seconds();

  std::filesystem::remove_all(store_path_.parent_path());
  sweep();
  EXPECT_EQ(without_seconds(), together);
  EXPECT_EQ(sweep({3, 7}).left_out, 0) << "what is in the store is not left out";
}

TEST_F(SweepTest, AShardHashesItsOwnCheckpointsOnly) {
  sweep({2, 3});
  const auto planned = read_plan(Store::open_existing(store_path_)).series[0].checkpoints;
  ASSERT_EQ(planned.size(), 3u);
  EXPECT_FALSE(planned[0].weights.has_value());
  EXPECT_TRUE(planned[1].weights.has_value());
  EXPECT_FALSE(planned[2].weights.has_value());
  EXPECT_EQ(report().cells[0].state, "missing");
  EXPECT_EQ(report().cells[1].state, "done");
  EXPECT_EQ(sweep().computed, 2);
}

TEST_F(SweepTest, EqualWeightsAreComputedOnce) {
  std::filesystem::remove_all(folder_.checkpoint(80));
  std::filesystem::copy(folder_.checkpoint(40), folder_.checkpoint(80));
  EXPECT_EQ(sweep().computed, 2);
  const std::vector<ReportCell> cells = report().cells;
  EXPECT_EQ(cells[1].state, "done");
  EXPECT_GT(cells[0].rows, 0);
  EXPECT_EQ(cells[1].rows, 0) << "the work is told once";
  EXPECT_EQ(cells[1].seconds, 0);
  EXPECT_EQ(sweep().computed, 0);
}

TEST_F(SweepTest, ADeletedCheckpointKeepsItsResults) {
  EXPECT_EQ(sweep().computed, 3);
  std::filesystem::remove_all(folder_.checkpoint(80));
  const SweepSummary again = sweep();
  EXPECT_EQ(again.failed, 0);
  EXPECT_EQ(again.computed, 0);
  for (const ReportCell& cell : report().cells) EXPECT_EQ(cell.state, "done");
}

TEST_F(SweepTest, ABrokenCheckpointInTheMiddleStopsNothing) {
  const Path weights = folder_.checkpoint(80) / "model.safetensors";
  const std::string whole = read_file(weights);
  write_file(weights, whole.substr(0, 1000));
  const SweepSummary summary = sweep();
  EXPECT_EQ(summary.computed, 2);
  EXPECT_EQ(summary.failed, 1);
  Report result = report();
  ASSERT_EQ(result.cells.size(), 3u);
  EXPECT_EQ(result.cells[0].state, "done");
  EXPECT_EQ(result.cells[1].state, "failed");
  EXPECT_NE(result.cells[1].error.find("model.safetensors"), std::string::npos);
  EXPECT_EQ(result.cells[2].state, "done");
  EXPECT_EQ(result.curves[0].series[0].curve.size(), 2u);

  write_file(weights, whole);
  EXPECT_EQ(sweep().computed, 1) << "mended, it alone is computed";
  EXPECT_EQ(report().cells[1].state, "done");
}

// Its accuracy is that of always choosing the first answer, which looks like any other.
TEST_F(SweepTest, ACheckpointWhoseScoresAreNoNumbersIsFound) {
  damaged_ = folder_.checkpoint(80);
  EXPECT_EQ(sweep().computed, 3);
  const Report result = report();
  EXPECT_EQ(result.curves[0].metric, "acc");
  EXPECT_EQ(result.curves[0].series[0].curve.size(), 3u);
  const auto found = std::ranges::find(result.findings, "not finite", &Finding::kind);
  ASSERT_NE(found, result.findings.end());
  EXPECT_EQ(found->step, 80);
  EXPECT_NE(found->text.find("of 3 documents 3 have"), std::string::npos) << found->text;
}

TEST_F(SweepTest, AnEngineThatCannotOpenFailsItsCheckpointOnly) {
  on_open_ = [this](const Checkpoint& checkpoint) {
    if (checkpoint.folder() == folder_.checkpoint(40)) throw Error("model", "is odd");
  };
  const SweepSummary summary = sweep();
  EXPECT_EQ(summary.computed, 2);
  EXPECT_EQ(summary.failed, 1);
  EXPECT_EQ(report().cells[0].error, "model: is odd");
  on_open_ = nullptr;
  EXPECT_EQ(sweep().computed, 1) << "failed cells are tried again";
  EXPECT_EQ(report().cells[0].state, "done");
}

TEST_F(SweepTest, ResultsFollowWeightsNotNames) {
  sweep();
  std::filesystem::rename(folder_.scratch / "a", folder_.scratch / "b");
  std::string text = read_file(folder_.manifest);
  text.replace(text.find("name: a"), 7, "name: b");
  text.replace(text.find("path: a/"), 8, "path: b/");
  write_file(folder_.manifest, text);
  EXPECT_EQ(sweep().computed, 0) << "the same weights under another name";
  EXPECT_EQ(report().cells.size(), 3u);
  EXPECT_EQ(report().cells[0].series, "b");

  std::filesystem::remove_all(folder_.scratch / "b/iter_80");
  std::filesystem::copy(folder_.scratch / "b/iter_120", folder_.scratch / "b/iter_80");
  EXPECT_EQ(sweep().computed, 0) << "other weights under the same name, known already";
  const Report result = report();
  EXPECT_EQ(result.curves[0].series[0].curve[1].value, result.curves[0].series[0].curve[2].value);
}

// As `tar`, `rsync -t` and `cp -p` leave files: other bytes, as many, and the old time.
TEST_F(SweepTest, OtherWeightsOfTheSameSizeAndTimeAreComputed) {
  sweep();
  const Path weights = folder_.checkpoint(80) / "model.safetensors";
  std::string bytes = read_file(weights);
  bytes.back() ^= 1;
  const auto before = file_stamp(weights);
  const auto time = std::filesystem::last_write_time(weights);
  while (file_stamp(weights)->changed == before->changed) {  // a clock may tick slowly
    std::ofstream(weights, std::ios::in | std::ios::out | std::ios::binary) << bytes;
    std::filesystem::last_write_time(weights, time);
  }
  ASSERT_EQ(file_stamp(weights)->modified, before->modified);
  ASSERT_EQ(file_stamp(weights)->inode, before->inode);
  EXPECT_EQ(sweep().computed, 1);
}

// Two versions of the weights in one folder: the index says which counts.
TEST_F(SweepTest, WeightsThatAnotherIndexNamesAreComputed) {
  const Path folder = folder_.checkpoint(80);
  std::filesystem::rename(folder / "model.safetensors", folder / "one.safetensors");
  std::string bytes = read_file(folder / "one.safetensors");
  Json index;
  const Json header = parse_json(bytes.substr(8, bytes.find("}}") - 6), "");
  for (const auto& [tensor, row] : header.items()) {
    if (tensor != "__metadata__") index["weight_map"][tensor] = "one.safetensors";
  }
  bytes.back() ^= 1;
  write_file(folder / "two.safetensors", bytes);
  const std::string text = index.dump();
  write_file(folder / kWeightsIndex, text);
  SetUp();
  EXPECT_EQ(sweep().computed, 3);
  write_file(folder / kWeightsIndex, std::regex_replace(text, std::regex("one"), "two"));
  EXPECT_EQ(sweep().computed, 1);
}

TEST_F(SweepTest, AChangedTaskIsComputedAgain) {
  sweep();
  const Path data = folder_.scratch / "tasks/test.jsonl";
  std::string rows = read_file(data);
  rows.replace(rows.find("grass?"), 6, "trees?");
  write_file(data, rows);
  EXPECT_EQ(sweep().computed, 3);
  rows.replace(rows.find("\"answer\": 0"), 11, "\"answer\": 1");
  write_file(data, rows);
  EXPECT_EQ(sweep().computed, 0) << "another gold answer needs no log-likelihoods";
}

TEST_F(SweepTest, ATaskSaysWhichWayIsBetter) {
  sweep();
  EXPECT_TRUE(report().curves[0].higher_is_better);
  const Path file = folder_.scratch / "tasks/colours.yaml";
  const std::string task = read_file(file);
  write_file(file, task + "    higher_is_better: false\n  - metric: gold_bpb\n");
  EXPECT_EQ(sweep().computed, 0) << "no log-likelihood changes";
  auto curves = report().curves;
  ASSERT_EQ(curves.size(), 2u);
  EXPECT_EQ(curves[0].metric, "acc");
  EXPECT_FALSE(curves[0].higher_is_better);
  EXPECT_EQ(curves[0].chance, 0.5);
  EXPECT_EQ(curves[1].metric, "gold_bpb");
  EXPECT_FALSE(curves[1].higher_is_better) << "by itself";
  const Store store = Store::open_unchanged(store_path_);
  const Plan plan = read_plan(store);
  ItemLoader loader(store, plan);
  EXPECT_FALSE(load_item_values(loader, "colours", *find_metric("acc")).higher_is_better);
  const Answers first = answers_in_store(loader, "a@40"), last = answers_in_store(loader, "a@120");
  EXPECT_TRUE(compare_answers(first, last, *find_metric("acc"), {}).tasks[0].turned);
  EXPECT_FALSE(compare_answers(first, last, *find_metric("gold_bpb"), {}).tasks[0].turned);
  write_file(file, task + "  - metric: gold_bpb\n    higher_is_better: true\n");
  EXPECT_EQ(sweep().computed, 0);
  curves = report().curves;
  EXPECT_TRUE(curves[0].higher_is_better);
  EXPECT_TRUE(curves[1].higher_is_better);
}

// Long prompts of thousands of documents take minutes to encode, each time a sweep is started.
TEST_F(SweepTest, AFinishedSweepEncodesNothing) {
  const auto plan = [&](const TokenRules& rules = {}) {
    Manifest manifest = Manifest::read(folder_.manifest);
    manifest.tokens = rules;
    Store store = Store::open(store_path_);
    return plan_sweep(manifest, TaskLibrary({}), store, {}, EngineOptions{});
  };
  const PlannedSweep fresh = plan();
  EXPECT_EQ(plan().tasks.size(), 1u) << "without results it is made ready";
  sweep();
  const PlannedSweep finished = plan();
  EXPECT_TRUE(finished.tasks.empty());
  const Path last = folder_.checkpoint(120), away = folder_.scratch / "away";
  std::filesystem::rename(last, away);
  Store::open(store_path_)
      .database()
      .run(
          "UPDATE checkpoint SET weights = NULL WHERE step = 120;"
          "DELETE FROM weights_file WHERE path LIKE '%/iter_120'");
  EXPECT_TRUE(plan().tasks.empty()) << "nor for a checkpoint that is still to come";
  EXPECT_EQ(sweep().failed, 1);
  std::filesystem::rename(away, last);
  ASSERT_EQ(finished.plan.tasks.size(), 1u);
  EXPECT_EQ(finished.plan.tasks[0].request_set, fresh.plan.tasks[0].request_set);
  EXPECT_EQ(sweep().computed, 0);

  // What depends on the tokens is made of them.
  EXPECT_EQ(plan({.joining = Joining::separate}).tasks.size(), 1u);
  const auto change = [&](const char* sql) { Store::open(store_path_).database().run(sql); };
  change("UPDATE request_set SET finish_order = x'00'");
  EXPECT_EQ(plan().tasks.size(), 1u) << "a damaged order is written again";
  EXPECT_TRUE(plan().tasks.empty());
  change("UPDATE weights_file SET stamp = 'another program' WHERE path LIKE 'requests:%'");
  EXPECT_EQ(plan().tasks.size(), 1u);
  change("UPDATE cell SET state = 'failed' WHERE id = 2");
  EXPECT_EQ(plan().tasks.size(), 1u);
  EXPECT_EQ(sweep().computed, 1);
}

TEST_F(SweepTest, AMissingCheckpointIsAFailedCell) {
  std::filesystem::remove_all(folder_.checkpoint(120));
  EXPECT_EQ(sweep().failed, 1);
  EXPECT_NE(report().cells[2].error.find("no such folder"), std::string::npos);
}

// As one in a folder without the right to enter it, or on a mount that is lost.
TEST_F(SweepTest, ACheckpointThatTheSystemRefusesToShowFailsAlone) {
  const Path folder = folder_.checkpoint(80);
  std::filesystem::remove_all(folder);
  std::filesystem::create_directory_symlink(folder, folder);  // leads nowhere but to itself
  const SweepSummary summary = sweep();
  EXPECT_EQ(summary.computed, 2);
  EXPECT_EQ(summary.failed, 1);
  const Report result = report();
  EXPECT_THAT(result.cells[1].error,
              testing::HasSubstr(folder.string() + ": cannot be read: Too many levels"));
}

TEST_F(SweepTest, WrongTasksAndTokenizersEndIt) {
  const Path task = folder_.scratch / "tasks/colours.yaml";
  const std::string yaml = read_file(task);
  write_file(task, yaml + "  - metric: accuracy\n");
  expect_error([&] { sweep(); }, "colours.yaml:15", "'accuracy' is unknown");
  write_file(task, yaml + "  - metric: perplexity\n");
  expect_error([&] { sweep(); }, "colours.yaml:15", "'perplexity'", "of type multiple_choice");
  write_file(task, yaml);
  std::filesystem::remove_all(folder_.scratch / "tokenizer");
  expect_error([&] { sweep(); }, "tokenizer");
}

}  // namespace
}  // namespace e2lm
