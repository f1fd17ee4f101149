// `e2lm sweep --watch DIR` without a manifest, beside a process that writes checkpoints.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <thread>

#include "base/json.h"
#include "tests/support/program.h"
#include "tests/support/run_folder.h"

namespace e2lm {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

class WatchFolderTest : public testing::Test {
 protected:
  ProgramCall call(std::vector<std::string> words) const {
    // The last of two counts.
    words.insert(words.begin(), {"sweep", "--watch-interval", "0.1"});
    return {.arguments = std::move(words), .folder = scratch_.folder()};
  }

  // A quick task, and the bundled tokenizer.
  std::vector<std::string> quick(std::vector<std::string> words) const {
    for (const std::string& word :
         {std::string("--tasks"), (folder_.scratch / "tasks/colours.yaml").string(),
          std::string("--watch-tokenizer"), (folder_.scratch / "tokenizer").string()}) {
      words.push_back(word);
    }
    return words;
  }

  // As trainers do: under another name, file by file, piece by piece, then renamed.
  void write_slowly(int step, const Path& to) const {
    const Path being_written = to.string() + ".tmp";
    fs::create_directories(being_written);
    for (const Path& file : list_folder(folder_.checkpoint(step))) {
      write_in_pieces(file, being_written / file.filename(), 1);
    }
    fs::rename(being_written, to);
  }

  // `share` of a file.
  static void write_in_pieces(const Path& from, const Path& to, double share) {
    const std::string bytes = read_file(from);
    const auto size = static_cast<size_t>(static_cast<double>(bytes.size()) * share);
    std::FILE* file = std::fopen(to.c_str(), "wb");
    const size_t piece = size / 4 + 1;
    for (size_t at = 0; at < size; at += piece) {
      std::fwrite(bytes.data() + at, 1, std::min(piece, size - at), file);
      std::fflush(file);
      std::this_thread::sleep_for(15ms);
    }
    std::fclose(file);
  }

  // The folder below runs/ that a watch made.
  Path run() const {
    const Path runs = scratch_ / "runs";
    if (!fs::is_directory(runs)) return {};
    const std::vector<Path> made = list_folder(runs);
    return made.empty() ? Path() : made.front();
  }

  Json page() const {
    const Path report = run() / "report/report.json";
    return fs::exists(report) ? parse_json(read_file(report), report.string()) : Json();
  }

  // "series step" of what is scored.
  std::vector<std::string> done() const {
    std::vector<std::string> cells;
    const Json made = page();
    if (!made.contains("cells")) return cells;
    for (const Json& cell : made["cells"]) {
      if (cell["state"] != "done") continue;
      cells.push_back(cell["series"].get<std::string>() + " " + cell["step"].dump());
    }
    return cells;
  }

  std::vector<std::string> wait_for(size_t cells) const {
    for (int look = 0; look < 600 && done().size() < cells; ++look) {
      std::this_thread::sleep_for(50ms);
    }
    return done();
  }

  RunFolder folder_;
  Scratch scratch_;
  Path training_ = scratch_ / "out/my-model";
};

TEST_F(WatchFolderTest, WaitsForTheFolderAndScoresWhatComes) {
  Program program(call(quick({"--watch", "out/my-model", "--watch-until", "120"})));
  for (int look = 0; look < 600 && !fs::exists(run() / "store.sqlite"); ++look) {
    std::this_thread::sleep_for(50ms);
  }
  std::this_thread::sleep_for(500ms);
  write_slowly(80, training_ / "checkpoint-80");
  EXPECT_THAT(wait_for(1), ElementsAre("my-model 80"));
  EXPECT_TRUE(page().contains("live"));
  write_slowly(40, training_ / "checkpoint-40");
  // Torn: a file ends in its middle, and is whole only later.
  const Path torn = training_ / "checkpoint-120";
  fs::create_directories(torn);
  const Path source = folder_.checkpoint(120);
  write_in_pieces(source / "model.safetensors", torn / "model.safetensors", 0.7);
  fs::copy_file(source / "config.json", torn / "config.json");
  EXPECT_THAT(wait_for(2), ElementsAre("my-model 40", "my-model 80"));
  std::this_thread::sleep_for(400ms);
  EXPECT_THAT(done(), ElementsAre("my-model 40", "my-model 80"));
  write_in_pieces(source / "model.safetensors", torn / "model.safetensors", 1);
  const ProgramResult result = program.wait();
  EXPECT_EQ(result.exit_code, 0) << result.errors;
  EXPECT_THAT(done(), ElementsAre("my-model 40", "my-model 80", "my-model 120"));
  EXPECT_FALSE(page().contains("live"));
  EXPECT_THAT(result.errors, HasSubstr("out/my-model is not there yet; waiting."));
  EXPECT_EQ(result.errors.find("not there yet"), result.errors.rfind("not there yet")) << "once";
  EXPECT_THAT(result.errors, Not(HasSubstr("failed")));
  EXPECT_THAT(run().filename().string(), testing::StartsWith("watch-my-model-"));
}

TEST_F(WatchFolderTest, KilledAndStartedAgainItGoesOn) {
  fs::create_directories(training_);
  fs::copy(folder_.checkpoint(40), training_ / "step-0040");
  const auto words = quick({"--watch", training_, "--watch-until", "120"});
  {
    Program program(call(words));
    EXPECT_THAT(wait_for(1), ElementsAre("my-model 40"));
    program.signal(SIGKILL);
    EXPECT_EQ(program.wait().exit_code, -SIGKILL);
  }
  fs::remove_all(training_ / "step-0040");  // the trainer keeps only the latest
  fs::copy(folder_.checkpoint(80), training_ / "step-0080");
  fs::copy(folder_.checkpoint(120), training_ / "step-0120");
  const ProgramResult result = run_program(call(words));
  EXPECT_EQ(result.exit_code, 0) << result.errors;
  EXPECT_THAT(done(), ElementsAre("my-model 40", "my-model 80", "my-model 120"));
  EXPECT_THAT(result.errors, HasSubstr("1 were there"));
  EXPECT_EQ(list_folder(scratch_ / "runs").size(), 1u);
}

TEST_F(WatchFolderTest, BundledTasksAreTheDefaultAndFoldersOfFoldersAreSeries) {
  for (const char* model : {"a", "b"}) {
    fs::create_directories(training_ / model);
    fs::copy(folder_.checkpoint(40), training_ / model / "iter_0000040");
  }
  fs::copy(folder_.scratch / "tokenizer", training_ / "tokenizer");
  const ProgramResult result =
      run_program(call({"--watch", training_, "--watch-idle", "0.02", "--limit", "20"}));
  EXPECT_EQ(result.exit_code, 0) << result.errors;
  EXPECT_EQ(page()["cells"].size(), 10u) << "two checkpoints, five tasks";
  EXPECT_THAT(result.output, HasSubstr("wordnet_kinds"));
}

TEST_F(WatchFolderTest, ToAManifestItAddsSeries) {
  fs::create_directories(training_);
  fs::copy(folder_.checkpoint(40), training_ / "checkpoint-7");
  const ProgramResult result = run_program(
      call({folder_.manifest, "--watch", training_, "--watch-until", "7", "--watch-tokens", "10"}));
  EXPECT_EQ(result.exit_code, 0) << result.errors;
  EXPECT_THAT(done(), ElementsAre("a 40", "a 80", "a 120", "my-model 7"));
  EXPECT_EQ(page()["cells"].back()["tokens"], 70);
  EXPECT_THAT(run().filename().string(), testing::StartsWith("sweep-my-model-"));
}

TEST_F(WatchFolderTest, AFailedCheckpointIsTriedAgainWhenItsFilesChangeOnly) {
  fs::create_directories(training_);
  const auto copy = [&](int step) {
    fs::copy(folder_.checkpoint(step), training_ / ("step-" + std::to_string(step)));
  };
  copy(40);
  const Path config = training_ / "step-40/config.json";
  const std::string whole = read_file(config);
  std::string unknown = whole;
  unknown.replace(unknown.find("falcon_h1"), 9, "nobodyses");
  write_file(config, unknown);
  Program program(call(quick({"--watch", training_, "--watch-until", "120"})));
  for (int look = 0; look < 600 && page().is_null(); ++look) std::this_thread::sleep_for(50ms);
  copy(80);
  EXPECT_THAT(wait_for(1), ElementsAre("my-model 80"));
  std::this_thread::sleep_for(300ms);
  write_file(config, whole);
  EXPECT_THAT(wait_for(2), ElementsAre("my-model 40", "my-model 80"));
  copy(120);
  const ProgramResult result = program.wait();
  EXPECT_EQ(result.exit_code, 0) << result.errors;
  const size_t first = result.errors.find("step 40: failed");
  EXPECT_NE(first, std::string::npos) << result.errors;
  EXPECT_EQ(first, result.errors.rfind("step 40: failed")) << result.errors;
  EXPECT_THAT(done(), ElementsAre("my-model 40", "my-model 80", "my-model 120"));
}

// A script that goes on by the exit code would take silence for results.
TEST_F(WatchFolderTest, EndedWithoutACheckpointItSaysWhy) {
  const auto idle = [&](std::vector<std::string> words) {
    words.insert(words.end(), {"--watch-idle", "0.001", "--quiet"});
    const ProgramResult result = run_program(call(std::move(words)));
    EXPECT_EQ(result.exit_code, 1) << result.output;
    return result.errors;
  };
  EXPECT_THAT(idle({"--watch", "not-yet"}), testing::EndsWith("not-yet is not there yet\n"));
  fs::create_directories(training_);
  fs::copy(folder_.checkpoint(40), training_ / "40B-tokens");
  EXPECT_THAT(idle({"--watch", training_}), HasSubstr("nothing was scored: " + training_.string()));
  EXPECT_THAT(idle({"--watch", training_}), HasSubstr("--watch-pattern"));
}

TEST_F(WatchFolderTest, WrongUseIsASentence) {
  const auto refused = [&](std::vector<std::string> words) {
    const ProgramResult result = run_program(call(std::move(words)));
    EXPECT_EQ(result.exit_code, 2) << result.output;
    return result.errors;
  };
  EXPECT_THAT(refused({"--watch", folder_.manifest}), HasSubstr("e2lm sweep MANIFEST --watch"));
  EXPECT_THAT(refused({"--watch", "mine.yml"}), HasSubstr("is no folder"));
  EXPECT_THAT(refused({folder_.manifest, "--watch", "--watch-pattern", "x-{step}"}),
              HasSubstr("needs --watch DIR"));
  EXPECT_THAT(refused({"--watch", "x", "--watch-pattern", "x"}), HasSubstr("{step:07}"));
  EXPECT_THAT(refused({"--watch", "x", "--watch-tokens", "0"}), HasSubstr("above 0"));
  EXPECT_THAT(refused({"--watch", "not-yet", "--tasks", "no_such", "--watch-idle", "0.01"}),
              HasSubstr("'no_such' is no task"))
      << "said before there is a checkpoint";
  fs::create_directories(training_ / "step-1");
  fs::create_directories(training_ / "iter-1");
  EXPECT_THAT(refused({"--watch", training_}), HasSubstr("iter-{step}, step-{step}"));
  fs::create_directories(scratch_ / "b/a");
  fs::copy(folder_.checkpoint(40), scratch_ / "b/a/step-1", fs::copy_options::recursive);
  EXPECT_THAT(refused({folder_.manifest, "--watch", "b"}), HasSubstr("another name"));
  EXPECT_THAT(refused({"--watch", "b", "--watch-idle", "0.01"}), HasSubstr("--watch-tokenizer"));
}

}  // namespace
}  // namespace e2lm
