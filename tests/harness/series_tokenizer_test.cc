// Checkpoints that bring tokenizers of their own, which need not be the same.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness/results/results.h"
#include "harness/sweep/sweep.h"
#include "tests/support/fake_engine.h"
#include "tests/support/run_folder.h"

namespace e2lm {
namespace {

class SeriesTokenizerTest : public testing::Test {
 protected:
  SeriesTokenizerTest() {
    folder_.settle();
    std::string text = read_file(folder_.manifest);
    text.erase(text.find("tokenizer: tokenizer\n"), 21);
    write_file(folder_.manifest, text);
    for (const int step : {40, 80, 120}) write_file(tokenizer(step), bytes_);
  }

  Path tokenizer(int step) const { return folder_.checkpoint(step) / "tokenizer.json"; }

  SweepSummary sweep() {
    Store store = Store::open(store_path_);
    const PlannedSweep planned =
        plan_sweep(Manifest::read(folder_.manifest), TaskLibrary({}), store, {}, EngineOptions{});
    SweepOptions options{.quiet = true};
    options.open_engine = [](const Checkpoint&, const EngineOptions&) {
      return std::make_unique<FakeEngine>();
    };
    return run_sweep(planned, store, options);
  }

  std::string error_of_middle() const {
    return load_report(Store::open_existing(store_path_)).cells.at(1).error;
  }

  // Without the joins of pairs: a token for each byte.
  std::string of_bytes() const {
    Json json = parse_json(bytes_, "");
    json["model"]["merges"] = Json::array();
    return json.dump();
  }

  RunFolder folder_;
  Path store_path_ = folder_.scratch / "run/store.sqlite";
  std::string bytes_ = read_file(folder_.scratch / "tokenizer/tokenizer.json");
};

TEST_F(SeriesTokenizerTest, ACheckpointWithOtherTokensFails) {
  EXPECT_EQ(sweep().computed, 3);
  write_file(tokenizer(80), of_bytes());
  const SweepSummary summary = sweep();
  EXPECT_EQ(summary.failed, 1) << "it is not scored in tokens that it does not know";
  EXPECT_THAT(error_of_middle(), testing::HasSubstr("iter_80: its tokenizer gives other tokens"));
  EXPECT_THAT(error_of_middle(), testing::HasSubstr("iter_40"));
  EXPECT_EQ(sweep().failed, 1) << "however often it is asked for";
  write_file(folder_.manifest, "tokenizer: tokenizer\n" + read_file(folder_.manifest));
  EXPECT_EQ(sweep().failed, 0) << "the manifest knows better";
}

// At each look a watch takes what is still there as it is known.
TEST_F(SeriesTokenizerTest, ItFailsInAWatchToo) {
  write_file(tokenizer(80), of_bytes());
  Store store = Store::open(store_path_);
  Manifest manifest = Manifest::read(folder_.manifest);
  for (int look = 0; look < 3; ++look) {
    const Plan plan = plan_sweep(manifest, TaskLibrary({}), store, {}, EngineOptions{}).plan;
    EXPECT_FALSE(plan.series[0].checkpoints[1].weights.has_value());
    EXPECT_THAT(plan.series[0].checkpoints[1].error, testing::HasSubstr("other tokens"));
    for (CheckpointRef& ref : manifest.series[0].checkpoints) ref.as_known = true;
  }
}

TEST_F(SeriesTokenizerTest, OtherBytesThatGiveTheSameTokensAreFine) {
  write_file(tokenizer(80), parse_json(bytes_, "").dump(2));
  write_file(folder_.checkpoint(120) / "tokenizer_config.json", R"({"model_max_length": 7})");
  EXPECT_EQ(sweep().computed, 3);
  EXPECT_EQ(sweep().failed, 0);
}

TEST_F(SeriesTokenizerTest, ADamagedOneFailsItsCheckpointAlone) {
  write_file(tokenizer(80), "{");
  EXPECT_EQ(sweep().failed, 1);
  EXPECT_THAT(error_of_middle(), testing::HasSubstr("iter_80/tokenizer.json"));
}

}  // namespace
}  // namespace e2lm
