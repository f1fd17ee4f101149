#include "harness/sweep/watch.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "base/error.h"
#include "engine/checkpoint.h"
#include "harness/sweep/evaluate.h"
#include "harness/sweep/weights.h"
#include "tests/support/expect_error.h"
#include "tests/support/run_folder.h"

namespace e2lm {
namespace {

using namespace std::chrono_literals;

// A training run's folder, in which tests write checkpoints bit by bit. Looks follow one another
// without a wait.
class WatchTest : public testing::Test {
 protected:
  WatchTest() {
    for (const int step : {40, 80, 120}) {
      std::filesystem::rename(folder_.checkpoint(step), source(step));
    }
    std::string text = read_file(folder_.manifest);
    text.replace(text.find("[40, 80, 120]"), 13, "scan");
    write_file(folder_.manifest, text);
  }

  Path source(int step) const { return folder_.scratch / ("source" + std::to_string(step)); }

  // Steps of the series that are settled at the next look.
  std::vector<int64_t> look() {
    last_ = watch_.look(Manifest::read(folder_.manifest, true));
    std::vector<int64_t> steps;
    for (const Series& series : last_.settled.series) {
      for (const CheckpointRef& ref : series.checkpoints) steps.push_back(ref.step);
    }
    return steps;
  }

  void put(int step, const char* file, double share = 1) const {
    const std::string bytes = read_file(source(step) / file);
    const auto size = static_cast<size_t>(static_cast<double>(bytes.size()) * share);
    write_file(folder_.checkpoint(step) / file, bytes.substr(0, size));
  }

  // A checkpoint in two parts, of one tensor each.
  void put_index(int step) const {
    put(step, "config.json");
    write_file(folder_.checkpoint(step) / "model.safetensors.index.json",
               R"({"weight_map": {"a": "one.safetensors", "b": "two.safetensors"}})");
  }

  void put_part(int step, const char* file, const char* tensor) const {
    const std::string header = std::string("{\"") + tensor +
                               "\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}";
    std::string bytes(8, '\0');
    bytes[0] = static_cast<char>(header.size());
    write_file(folder_.checkpoint(step) / file, bytes + header + std::string(4, '\0'));
  }

  using Steps = std::vector<int64_t>;

  RunFolder folder_;
  Store store_ = Store::in_memory();
  CheckpointWatch watch_{store_};
  CheckpointWatch::Look last_;
};

// It would end the watch where the first checkpoint is swept, although it comes a moment later.
TEST_F(WatchTest, TheFirstCheckpointWaitsForItsTokenizer) {
  std::string text = read_file(folder_.manifest);
  const size_t key = text.find("tokenizer:");
  text.erase(key, text.find('\n', key) - key);
  write_file(folder_.manifest, text);
  std::filesystem::rename(source(80), folder_.checkpoint(80));
  EXPECT_EQ(look(), Steps{});
  EXPECT_EQ(look(), Steps{});
  ASSERT_EQ(last_.broken.size(), 1u);
  EXPECT_NE(last_.broken.begin()->second.find("no tokenizer"), std::string::npos);
  const std::string tokenizer = read_file(folder_.scratch / "tokenizer/tokenizer.json");
  write_file(folder_.checkpoint(80) / "tokenizer.json", tokenizer.substr(0, 1000));
  EXPECT_EQ(look(), Steps{});
  EXPECT_EQ(look(), Steps{});
  ASSERT_EQ(last_.broken.size(), 1u);
  EXPECT_NE(last_.broken.begin()->second.find("is not valid JSON"), std::string::npos);
  write_file(folder_.checkpoint(80) / "tokenizer.json", tokenizer);
  EXPECT_EQ(look(), Steps{});
  EXPECT_EQ(look(), Steps{80});
  std::filesystem::rename(source(120), folder_.checkpoint(120));
  std::filesystem::remove_all(folder_.checkpoint(80));
  look();
  EXPECT_EQ(look(), (Steps{80, 120})) << "with the tokenizer that the series had";
}

TEST_F(WatchTest, ACheckpointCountsWhenItIsWholeAndStill) {
  EXPECT_EQ(look(), Steps{});
  put(40, "config.json");
  EXPECT_EQ(look(), Steps{});
  EXPECT_EQ(last_.broken.size(), 0u) << "it may be being written";
  EXPECT_EQ(look(), Steps{});
  ASSERT_EQ(last_.broken.size(), 1u);
  EXPECT_NE(last_.broken.begin()->second.find("holds no weights"), std::string::npos);
  put(40, "model.safetensors", 0.001);
  look();
  EXPECT_EQ(look(), Steps{}) << "not even the header";
  put(40, "model.safetensors", 0.6);
  look();
  EXPECT_EQ(look(), Steps{}) << "not all tensors";
  EXPECT_EQ(last_.missing, 1);
  put(40, "model.safetensors");
  EXPECT_EQ(look(), Steps{}) << "whole, but written since the look before";
  EXPECT_EQ(look(), Steps{40});
  EXPECT_EQ(last_.news.size(), 1u);
  EXPECT_EQ(look(), Steps{40});
  EXPECT_TRUE(last_.news.empty());
}

TEST_F(WatchTest, CheckpointsComeInAnyOrderAndByRenaming) {
  std::filesystem::rename(source(120), folder_.checkpoint(120));
  look();
  EXPECT_EQ(look(), Steps{120});
  std::filesystem::rename(source(40), folder_.scratch / "a/tmp-iter_40");
  look();
  EXPECT_EQ(look(), Steps{120});
  std::filesystem::rename(folder_.scratch / "a/tmp-iter_40", folder_.checkpoint(40));
  look();
  EXPECT_EQ(look(), (Steps{40, 120}));
}

TEST_F(WatchTest, OneThatTheSystemRefusesToShowIsWaitedFor) {
  const Path folder = folder_.checkpoint(40);
  std::filesystem::create_directories(folder.parent_path());
  std::filesystem::create_directory_symlink(folder, folder);  // leads nowhere but to itself
  EXPECT_EQ(look(), Steps{});
  std::filesystem::remove(folder);
  std::filesystem::rename(source(40), folder);
  look();
  EXPECT_EQ(look(), Steps{40});
}

TEST_F(WatchTest, AllPartsOfTheIndexMustBeThere) {
  put_index(80);
  put_part(80, "two.safetensors", "b");
  look();
  EXPECT_EQ(look(), Steps{});
  EXPECT_NE(last_.broken.at(folder_.checkpoint(80)).find("one.safetensors"), std::string::npos);
  put_part(80, "one.safetensors", "a");
  look();
  EXPECT_EQ(look(), Steps{80});
}

TEST_F(WatchTest, AKnownOneOfWhichAFileIsGoneMayBeBeingDeleted) {
  put_index(80);
  put_part(80, "one.safetensors", "a");
  put_part(80, "two.safetensors", "b");
  const Path folder = folder_.checkpoint(80);
  for (const Path& file : list_folder(folder)) {  // old enough for its hash to be kept
    const auto time = std::filesystem::last_write_time(file);
    std::filesystem::last_write_time(file, time - 10s);
  }
  known_sha256(store_, folder);
  EXPECT_EQ(look(), Steps{80}) << "known, so one look is enough";
  std::filesystem::remove(folder / "model.safetensors.index.json");
  EXPECT_EQ(look(), Steps{80});
  EXPECT_TRUE(last_.broken.empty());
  std::filesystem::remove_all(folder);
  EXPECT_EQ(look(), Steps{80});
}

TEST_F(WatchTest, OneWrittenAnewSettlesAnewAndKeepsItsResultsMeanwhile) {
  std::filesystem::rename(source(40), folder_.checkpoint(40));
  look();
  EXPECT_EQ(look(), Steps{40});
  std::filesystem::copy_file(source(80) / "model.safetensors",
                             folder_.checkpoint(40) / "model.safetensors",
                             std::filesystem::copy_options::overwrite_existing);
  EXPECT_EQ(look(), Steps{40});
  EXPECT_TRUE(last_.news.empty());
  EXPECT_TRUE(last_.settled.series[0].checkpoints[0].as_known);
  EXPECT_EQ(look(), Steps{40});
  EXPECT_EQ(last_.news.size(), 1u);
  EXPECT_FALSE(last_.settled.series[0].checkpoints[0].as_known);
}

TEST_F(WatchTest, OneThatIsDeletedStays) {
  for (const int step : {40, 80}) std::filesystem::rename(source(step), folder_.checkpoint(step));
  look();
  EXPECT_EQ(look(), (Steps{40, 80}));
  std::filesystem::remove_all(folder_.checkpoint(40));
  EXPECT_EQ(look(), (Steps{40, 80}));
  EXPECT_TRUE(last_.news.empty());
}

// The manifest's tokens may be changed when some checkpoints are gone already.
TEST_F(WatchTest, OneThatIsDeletedHasTheTokensThatTheManifestSaysNow) {
  for (const int step : {40, 80}) std::filesystem::rename(source(step), folder_.checkpoint(step));
  look();
  EXPECT_EQ(look(), (Steps{40, 80}));
  std::filesystem::remove_all(folder_.checkpoint(40));
  std::string text = read_file(folder_.manifest);
  text.replace(text.find("2048"), 4, "1000");
  write_file(folder_.manifest, text);
  EXPECT_EQ(look(), (Steps{40, 80}));
  EXPECT_EQ(last_.settled.series[0].checkpoints[0].tokens, 40e3);
  EXPECT_EQ(last_.settled.series[0].checkpoints[1].tokens, 80e3);
}

class WatchLoopTest : public WatchTest {
 protected:
  // Before look number n, n from 0, `before[n]` happens; after the last comes an interrupt.
  std::map<Path, std::string> run(WatchOptions options) {
    options.interval = 1ms;
    options.stop = [this] { return looks_ > std::ssize(before_) + 5; };
    return watch(watch_, options,
                 {.read =
                      [this] {
                        if (looks_ < std::ssize(before_) && before_[looks_]) before_[looks_]();
                        ++looks_;
                        return Manifest::read(folder_.manifest, true);
                      },
                  .sweep =
                      [this](const CheckpointWatch::Look& look) {
                        std::string steps;
                        for (const CheckpointRef& ref : look.settled.series[0].checkpoints) {
                          steps += std::to_string(ref.step) + " ";
                        }
                        swept_.push_back(steps);
                      },
                  .say = [this](const std::string& text) { said_.push_back(text); }});
  }

  void whole(int step) const { std::filesystem::rename(source(step), folder_.checkpoint(step)); }

  std::vector<std::function<void()>> before_;
  std::vector<std::string> swept_, said_;
  int64_t looks_ = 0;
};

TEST_F(WatchLoopTest, SweepsWhenThereIsNewsAndEndsAtAStep) {
  before_ = {{}, [this] { whole(80); }, {}, {}, [this] { whole(40); }, {}, [this] { whole(120); }};
  run({.until_step = 100});
  EXPECT_EQ(swept_, (std::vector<std::string>{"80 ", "40 80 ", "40 80 120 "}));
}

// A slow copy of an earlier one, while the last is there already.
TEST_F(WatchLoopTest, DoesNotEndWhileOneIsBeingWritten) {
  before_ = {
      [this] { put(80, "config.json"), whole(120); }, [this] { put(80, "model.safetensors", 0.5); },
      [this] { put(80, "model.safetensors", 0.7); }, [this] { put(80, "model.safetensors"); }};
  run({.until_step = 120});
  EXPECT_EQ(swept_, (std::vector<std::string>{"120 ", "80 120 "}));
}

TEST_F(WatchLoopTest, OneAfterTheLastStepIsNotWaitedFor) {
  before_ = {[this] { whole(80); }, [this] { put(120, "config.json"); },
             [this] { put(120, "model.safetensors"); }};
  run({.until_step = 80});
  EXPECT_EQ(swept_, (std::vector<std::string>{"80 "}));
}

TEST_F(WatchLoopTest, IsNotIdleWhileOneIsBeingWritten) {
  before_ = {[this] { put(80, "config.json"); }, [this] { put(80, "model.safetensors", 0.5); },
             [this] { put(80, "model.safetensors"); }};
  run({.idle = 0ms});
  EXPECT_EQ(swept_, (std::vector<std::string>{"80 "}));
}

TEST_F(WatchLoopTest, EndsWhenAllListedCheckpointsAreThere) {
  std::string text = read_file(folder_.manifest);
  text.replace(text.find("scan"), 4, "[40, 80]");
  write_file(folder_.manifest, text);
  before_ = {[this] { whole(80); }, {}, {}, [this] { whole(40); }};
  run({});
  EXPECT_EQ(swept_, (std::vector<std::string>{"80 ", "40 80 "}));
}

TEST_F(WatchLoopTest, EndsWhenNothingComesAndNamesWhatWasNeverWhole) {
  before_ = {[this] { put(40, "config.json"); }};
  const auto broken = run({.idle = 3ms});
  EXPECT_EQ(broken.size(), 1u);
  ASSERT_EQ(said_.size(), 1u) << "once";
  EXPECT_NE(said_[0].find("holds no weights"), std::string::npos);
}

TEST_F(WatchLoopTest, AManifestThatIsBrokenMeanwhileIsSaidOnceAndWaitedOut) {
  const std::string text = read_file(folder_.manifest);
  before_ = {{}, [&] { write_file(folder_.manifest, "tasks: ["); }, {}, [this] { whole(40); },
             {}, [&] { write_file(folder_.manifest, text); }};
  run({.until_step = 40});
  EXPECT_EQ(said_.size(), 1u);
  EXPECT_EQ(swept_, (std::vector<std::string>{"40 "}));
}

TEST_F(WatchLoopTest, AManifestThatStaysBrokenIsAmongWhatWasNotScored) {
  before_ = {{}, [&] { write_file(folder_.manifest, "tasks: ["); }, {}, [this] { whole(40); }};
  const auto broken = run({.idle = 3ms});
  ASSERT_EQ(broken.count(folder_.manifest), 1u);
  EXPECT_EQ(broken.at(folder_.manifest), said_.at(0));
}

TEST_F(WatchLoopTest, WhereMoreMayComeAllBeingThereIsNoEnd) {
  std::string text = read_file(folder_.manifest);
  text.replace(text.find("scan"), 4, "[40, 80]");
  write_file(folder_.manifest, text);
  before_ = {[this] { whole(40); }, [this] { whole(80); }};
  EXPECT_THROW(run({.grows = true, .until_step = 40}), Interrupted) << "no series scans";
  EXPECT_EQ(swept_.size(), 2u);
}

TEST_F(WatchLoopTest, AnInterruptEndsIt) {
  EXPECT_THROW(run({}), Interrupted);
}

}  // namespace
}  // namespace e2lm
