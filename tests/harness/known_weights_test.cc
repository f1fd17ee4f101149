// Sweep after sweep of checkpoints whose files change: what a store knows of weights is theirs.

#include <gtest/gtest.h>

#include <regex>

#include "engine/checkpoint.h"
#include "harness/sweep/sweep.h"
#include "tests/support/fake_engine.h"
#include "tests/support/run_folder.h"

namespace e2lm {
namespace {

class KnownWeightsTest : public testing::Test {
 protected:
  KnownWeightsTest() { folder_.settle(); }

  SweepSummary sweep(const std::function<void(const Checkpoint&)>& on_open = {}) {
    Store store = Store::open(store_path_);
    const PlannedSweep planned =
        plan_sweep(Manifest::read(folder_.manifest), TaskLibrary({}), store, {}, EngineOptions{});
    SweepOptions options{.quiet = true};
    options.open_engine = [&](const Checkpoint& checkpoint, const EngineOptions&) {
      if (on_open) on_open(checkpoint);
      return std::make_unique<FakeEngine>();
    };
    return run_sweep(planned, store, options);
  }

  // Other weights than the middle checkpoint's, as old as they, in a file beside them.
  Path other_weights() const {
    std::string bytes = read_file(weights_);
    bytes.back() ^= 1;
    Path other = folder_.scratch.write("other", bytes);
    std::filesystem::last_write_time(other, std::filesystem::last_write_time(weights_));
    return other;
  }

  RunFolder folder_;
  Path store_path_ = folder_.scratch / "run/store.sqlite";
  Path weights_ = folder_.checkpoint(80) / kWeightsFile;
};

// A large model takes minutes to load. The hash of what was opened is not that of what lies there.
TEST_F(KnownWeightsTest, WhatTookAPlaceDuringTheLoadIsNotTakenForWhatWasLoaded) {
  const Path other = other_weights();
  sweep([&](const Checkpoint& checkpoint) {
    if (checkpoint.folder() == folder_.checkpoint(80)) std::filesystem::rename(other, weights_);
  });
  EXPECT_EQ(sweep().computed, 1) << "the new weights";
  EXPECT_EQ(sweep().computed, 0);
}

TEST_F(KnownWeightsTest, FilesThatTheIndexNamesCountWhateverTheirNames) {
  const std::string bytes = read_file(weights_);
  const Json header = parse_json(bytes.substr(8, bytes.find("}}") - 6), "");
  Json index;
  for (const auto& [tensor, row] : header.items()) {
    if (tensor != "__metadata__") index["weight_map"][tensor] = "part-1";
  }
  const Path other = other_weights();
  std::filesystem::rename(weights_, folder_.checkpoint(80) / "part-1");
  write_file(folder_.checkpoint(80) / kWeightsIndex, index.dump());
  folder_.settle();
  EXPECT_EQ(sweep().computed, 3);
  std::filesystem::rename(other, folder_.checkpoint(80) / "part-1");
  EXPECT_EQ(sweep().computed, 1);
}

// A manifest may be named from another folder, and a series get another name.
TEST_F(KnownWeightsTest, ADeletedCheckpointKeepsItsResultsHoweverItIsNamed) {
  sweep();
  std::filesystem::remove_all(folder_.checkpoint(80));
  const Path as_it_was = folder_.manifest;
  folder_.manifest = folder_.scratch / "run/../sweep.yaml";
  EXPECT_EQ(sweep().failed, 0);
  folder_.manifest = as_it_was;
  EXPECT_EQ(sweep().failed, 0);
  std::string text = read_file(folder_.manifest);
  text.replace(text.find("name: a"), 7, "name: b");
  write_file(folder_.manifest, text);
  EXPECT_EQ(sweep().failed, 0);
}

TEST_F(KnownWeightsTest, OneThatIsDeletedKeepsTheResultsOfItsLastWeights) {
  sweep();
  write_file(weights_, read_file(other_weights()));  // too young to be known by its time
  EXPECT_EQ(sweep().computed, 1);
  const auto rows = [&] {
    return read_plan(Store::open_existing(store_path_)).series[0].checkpoints;
  };
  const auto last = rows()[1].weights;
  std::filesystem::remove_all(folder_.checkpoint(80));
  std::string text = read_file(folder_.manifest);
  text.replace(text.find("name: a"), 7, "name: b");
  write_file(folder_.manifest, text);
  EXPECT_EQ(sweep().failed, 0);
  EXPECT_EQ(rows()[1].weights, last);
}

TEST_F(KnownWeightsTest, OneThatAScanSeesNoMoreIsToldOnce) {
  std::string text = read_file(folder_.manifest);
  text.replace(text.find("[40, 80, 120]"), 13, "scan");
  write_file(folder_.manifest, text);
  const auto notes = [&] {
    Store store = Store::open(store_path_);
    return plan_sweep(Manifest::read(folder_.manifest), TaskLibrary({}), store, {}, {}).notes;
  };
  EXPECT_TRUE(notes().empty());
  std::filesystem::remove_all(folder_.checkpoint(80));
  const std::vector<std::string> told = notes();
  ASSERT_EQ(told.size(), 1u);
  EXPECT_EQ(told[0].find("a: gone since the last sweep: step 80. A scan leaves that out"), 0u)
      << told[0];
  EXPECT_TRUE(notes().empty());
}

// Requests are cut to the shortest model's positions, whether it is there or not.
TEST_F(KnownWeightsTest, ADeletedCheckpointLeavesTheRequestsOfTheOthersAsTheyWere) {
  folder_.scratch.write("roll.yaml",
                        "task: roll\ndataset_path: json\ndataset_kwargs: {data_files: {test: "
                        "roll.jsonl}}\ntest_split: test\noutput_type: loglikelihood_rolling\n"
                        "doc_to_text: ''\ndoc_to_target: text\n"
                        "metric_list: [{metric: word_perplexity}]\n");
  std::string text;
  for (int i = 0; i < 100; ++i) text += "word ";
  folder_.scratch.write("roll.jsonl", R"({"text": ")" + text + "\"}\n");
  std::string manifest = read_file(folder_.manifest);
  manifest.replace(0, manifest.find('\n'),
                   "tasks: [" + (folder_.scratch / "roll.yaml").string() + "]");
  write_file(folder_.manifest, manifest);
  const Path config = folder_.checkpoint(80) / "config.json";
  write_file(config,
             std::regex_replace(read_file(config), std::regex("\"max_position_embeddings\": \\d+"),
                                "\"max_position_embeddings\": 16"));
  EXPECT_EQ(sweep().computed, 3);
  std::filesystem::remove_all(folder_.checkpoint(80));
  const SweepSummary again = sweep();
  EXPECT_EQ(again.computed, 0);
  EXPECT_EQ(again.failed, 0);
}

}  // namespace
}  // namespace e2lm
