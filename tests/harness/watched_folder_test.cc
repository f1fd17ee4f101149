#include "harness/sweep/watched_folder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "base/error.h"
#include "tests/support/expect_error.h"
#include "tests/support/scratch.h"

namespace e2lm {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::string pattern_of(const std::string& name) {
  const auto pattern = StepPattern::of_name(name);
  return pattern ? pattern->text() : "";
}

TEST(StepPatternTest, NamesOfTrainingRuns) {
  EXPECT_EQ(pattern_of("step-1000"), "step-{step}");
  EXPECT_EQ(pattern_of("step1000"), "step{step}");
  EXPECT_EQ(pattern_of("checkpoint-500"), "checkpoint-{step}");
  EXPECT_EQ(pattern_of("global_step77"), "global_step{step}");
  EXPECT_EQ(pattern_of("iter_0002000"), "iter_{step:07}");
  EXPECT_EQ(pattern_of("0000000100"), "{step:10}");
  EXPECT_EQ(pattern_of("0"), "{step}");
  EXPECT_EQ(pattern_of("Step_1000-unsharded"), "Step_{step}-unsharded");
  EXPECT_EQ(pattern_of("my-run-iteration-3_hf"), "my-run-iteration-{step}_hf");
  EXPECT_EQ(pattern_of("epoch=0-step=1000"), "epoch=0-step={step}");
}

TEST(StepPatternTest, NamesThatSayNoStep) {
  for (const char* name :
       {"", "latest", "logs", "llama-3", "checkpoint-best", "checkpoint-500.tmp",
        "tmp-checkpoint-500", ".step-5", "step1000-tokens4B", "step99999999999999999999"}) {
    EXPECT_EQ(pattern_of(name), "") << name;
  }
}

// Steps 10 and 500 would be wrong by what the unit says, and so would --watch-tokens.
TEST(StepPatternTest, ANumberWithAUnitIsNoStep) {
  for (const char* name :
       {"10k", "step10K", "step-2M-hf", "500B-tokens", "500b", "1000tokens", "iter_5T"}) {
    EXPECT_EQ(pattern_of(name), "") << name;
  }
  EXPECT_EQ(pattern_of("500steps"), "{step}steps");
  EXPECT_EQ(pattern_of("step500bf16"), "") << "bf16 is no step";
  EXPECT_EQ(pattern_of("step500-base"), "step{step}-base");
}

class WatchedFolderTest : public testing::Test {
 protected:
  void add(const std::vector<std::string>& folders, bool whole = true) const {
    for (const std::string& folder : folders) {
      std::filesystem::create_directories(scratch_ / folder);
      if (whole) write_file(scratch_ / folder / "config.json", "{}");
    }
  }
  // "name: steps" of each series.
  std::vector<std::string> look(WatchedFolder& watched) const {
    std::vector<std::string> series;
    for (const Series& one : watched.look()) {
      std::string text = one.name + ":";
      for (const CheckpointRef& ref : one.checkpoints) {
        EXPECT_TRUE(std::filesystem::is_directory(ref.folder)) << ref.folder;
        text += " " + std::to_string(ref.step);
      }
      series.push_back(text);
    }
    return series;
  }
  WatchedFolder watched(const Path& folder, WatchedFolder::Options options = {}) const {
    return {scratch_ / folder, std::move(options)};
  }

  Scratch scratch_;
};

TEST_F(WatchedFolderTest, AFolderOfCheckpointsIsASeries) {
  WatchedFolder run = watched("run");
  EXPECT_THAT(look(run), IsEmpty());
  EXPECT_THAT(run.why_empty(), HasSubstr("is not there yet"));
  add({"run"}, false);
  EXPECT_THAT(look(run), IsEmpty());
  EXPECT_THAT(run.why_empty(), HasSubstr("holds no checkpoints yet"));
  std::filesystem::create_symlink("loop", scratch_ / "loop");  // as where rights are missing
  EXPECT_THAT(WatchedFolder(scratch_ / "loop", {}).why_empty(),
              HasSubstr("/loop cannot be listed (Too many levels"));
  add({"run/logs", "run/runs/step-9", "run/tmp-checkpoint-7"}, false);
  add({"run/checkpoint-1000", "run/checkpoint-500", "run/checkpoint-500/global_step500"});
  EXPECT_THAT(look(run), ElementsAre("run: 500 1000"));
  std::filesystem::remove_all(scratch_ / "run/checkpoint-500");
  std::filesystem::remove_all(scratch_ / "run/checkpoint-1000");
  EXPECT_THAT(look(run), ElementsAre("run:")) << "seen once, it stays";
}

TEST_F(WatchedFolderTest, AFolderOfSuchFoldersHoldsASeriesEach) {
  WatchedFolder run = watched("runs");
  add({"runs/b/iter_0000100", "runs/b/iter_0000200", "runs/a/step5", "runs/data/train"});
  EXPECT_THAT(look(run), ElementsAre("a: 5", "b: 100 200"));
  add({"runs/c/step5"});
  const std::vector<Series> all = run.look();
  ASSERT_EQ(all.size(), 3u);
  for (const Series& series : all) EXPECT_EQ(series.group, "runs") << "ranked against each other";
}

TEST_F(WatchedFolderTest, NumbersThatFillTheirWidth) {
  WatchedFolder run = watched("run");
  add({"run/iter_1000"});
  EXPECT_THAT(look(run), ElementsAre("run: 1000"));
  add({"run/iter_0500", "run/iter_10000"});
  EXPECT_THAT(look(run), ElementsAre("run: 500 1000 10000"));
}

TEST_F(WatchedFolderTest, NumbersThatDoNotFillTheirWidthAreNotLeftOut) {
  WatchedFolder run = watched("run");
  add({"run/step-0", "run/step-80", "run/step-0120", "run/step-160"});
  expect_error([&] { run.look(); }, "several names: step-{step}, step-{step:04}");
}

TEST_F(WatchedFolderTest, OfSeveralNamesTheOneOfCheckpointsCounts) {
  WatchedFolder run = watched("run");
  add({"run/iter_100", "run/iter_200"}, false);  // the trainer's own shards
  add({"run/hf_iter_100"});
  EXPECT_THAT(look(run), ElementsAre("run: 100"));
  add({"run/iter_300"});
  expect_error([&] { run.look(); }, "hf_iter_{step}, iter_{step}");
  WatchedFolder told = watched("run", {.pattern = StepPattern::parse("iter_{step}")});
  EXPECT_THAT(look(told), ElementsAre("run: 100 200 300"));
}

TEST_F(WatchedFolderTest, APatternMayBeGiven) {
  add({"run/model-1/hf", "run/model-2/hf", "run/model-3"});
  WatchedFolder run = watched("run");
  EXPECT_THAT(look(run), IsEmpty());
  EXPECT_THAT(run.why_empty(), HasSubstr("--watch-pattern"));
  WatchedFolder told = watched("run", {.pattern = StepPattern::parse("model-{step}/hf")});
  EXPECT_THAT(look(told), ElementsAre("run: 1 2"));
  WatchedFolder none = watched("run", {.pattern = StepPattern::parse("x-{step:07}")});
  EXPECT_THAT(look(none), IsEmpty());
  EXPECT_THAT(none.why_empty(), HasSubstr("fits x-{step:07}"));
}

TEST_F(WatchedFolderTest, NamesTellRunsApart) {
  EXPECT_EQ(watched("a/my-model").name(), "my-model");
  EXPECT_EQ(watched("a/my-model/").name(), "my-model");
  EXPECT_EQ(watched("a/my-model/checkpoints").name(), "my-model");
  EXPECT_EQ(watched("a/my-model/").unique_name(), watched("a/../a/my-model").unique_name());
  EXPECT_NE(watched("a/my-model").unique_name(), watched("b/my-model").unique_name());
}

TEST_F(WatchedFolderTest, TokensAndTokenizers) {
  add({"runs/a/step5", "runs/b/step5"});
  write_file(scratch_ / "runs/a/step5/tokenizer.json", "{}");
  write_file(scratch_ / "runs/tokenizer/tokenizer.json", "{}");
  WatchedFolder run = watched("runs", {.tokens_per_step = 2048});
  const std::vector<Series> all = run.look();
  EXPECT_EQ(all[0].checkpoints[0].tokens, 5 * 2048);
  EXPECT_EQ(all[0].tokenizer, "") << "its own";
  EXPECT_EQ(all[1].tokenizer, scratch_ / "runs/tokenizer");
  WatchedFolder told = watched("runs", {.tokenizer = "elsewhere"});
  EXPECT_EQ(told.look()[0].tokenizer, "elsewhere");
}

TEST_F(WatchedFolderTest, AFileIsRefused) {
  const Path file = scratch_.write("x", "");
  expect_error([&] { watched(file); }, "is a file");
}

}  // namespace
}  // namespace e2lm
