// `e2lm sweep --watch` beside a process that writes checkpoints: slowly, in parts, out of order.

#include <gtest/gtest.h>

#include <chrono>
#include <thread>

#include "base/json.h"
#include "tests/support/program.h"
#include "tests/support/run_folder.h"

namespace e2lm {
namespace {

using namespace std::chrono_literals;

class WatchCommandTest : public testing::Test {
 protected:
  WatchCommandTest() {
    for (const int step : {40, 80, 120}) {
      std::filesystem::rename(folder_.checkpoint(step), source(step));
    }
    std::string text = read_file(folder_.manifest);
    text.replace(text.find("[40, 80, 120]"), 13, "scan");
    write_file(folder_.manifest, text);
  }

  Path source(int step) const { return folder_.scratch / ("source" + std::to_string(step)); }
  Path report() const { return folder_.scratch / "run/report/report.json"; }

  ProgramCall call(const std::vector<std::string>& more = {}) const {
    ProgramCall call{.arguments = {"sweep", folder_.manifest, "-o", folder_.scratch / "run",
                                   "--watch", "--watch-interval", "0.1"}};
    // The last of two counts.
    call.arguments.insert(call.arguments.end(), more.begin(), more.end());
    return call;
  }

  // As a trainer does: file by file, piece by piece.
  void write_slowly(int step, std::chrono::milliseconds pause) const {
    std::filesystem::create_directories(folder_.checkpoint(step));
    for (const Path& file : list_folder(source(step))) {
      const std::string bytes = read_file(file);
      std::FILE* to = std::fopen((folder_.checkpoint(step) / file.filename()).c_str(), "wb");
      for (size_t at = 0; at < bytes.size(); at += bytes.size() / 5 + 1) {
        const size_t count = std::min(bytes.size() / 5 + 1, bytes.size() - at);
        std::fwrite(bytes.data() + at, 1, count, to);
        std::fflush(to);
        std::this_thread::sleep_for(pause);
      }
      std::fclose(to);
    }
  }

  // Steps with a result on the page, once `steps` are; else what there is after a while.
  std::vector<int64_t> wait_for(const std::vector<int64_t>& steps) const {
    std::vector<int64_t> done;
    for (int look = 0; look < 600 && done != steps; ++look, std::this_thread::sleep_for(50ms)) {
      done.clear();
      if (!std::filesystem::exists(report())) continue;
      const Json made = page();
      for (const Json& cell : made["cells"]) {
        if (cell["state"] == "done") done.push_back(cell["step"].get<int64_t>());
        EXPECT_EQ(cell["state"], "done") << cell.dump();
      }
    }
    return done;
  }

  Json page() const { return parse_json(read_file(report()), "report.json"); }

  int64_t finished_cells() const {
    const std::string rows = run_program({.arguments = {"dump", folder_.scratch / "run"}}).output;
    int64_t count = 0;
    const std::string done = R"("state":"done")";
    for (size_t at = rows.find(done); at != rows.npos; at = rows.find(done, at + 1)) ++count;
    return count;
  }

  using Steps = std::vector<int64_t>;
  RunFolder folder_;
};

TEST_F(WatchCommandTest, ScoresCheckpointsAsTheyComeAndNeverHalfWrittenOnes) {
  Program program(call({"--watch-until", "120"}));
  write_slowly(80, 60ms);
  EXPECT_EQ(wait_for({80}), (Steps{80}));
  EXPECT_TRUE(page().contains("live"));
  const std::string html = read_file(report().parent_path() / "index.html");
  EXPECT_NE(html.find("this page reloads itself"), std::string::npos);
  EXPECT_NE(html.find("http-equiv=\"refresh\""), std::string::npos);
  write_slowly(40, 60ms);  // out of order
  EXPECT_EQ(wait_for({40, 80}), (Steps{40, 80}));
  std::filesystem::remove_all(folder_.checkpoint(80));  // the trainer keeps only the latest
  std::filesystem::rename(source(120), folder_.checkpoint(120));
  const ProgramResult result = program.wait();
  EXPECT_EQ(result.exit_code, 0) << result.errors;
  EXPECT_EQ(result.errors.find("failed"), std::string::npos) << result.errors;
  EXPECT_EQ(wait_for({40, 80, 120}), (Steps{40, 80, 120}));
  EXPECT_FALSE(page().contains("live")) << "the page of a watch that ended waits for nothing";
  EXPECT_NE(result.output.find("Report: "), std::string::npos);
}

TEST_F(WatchCommandTest, AReplacedCheckpointIsScoredAgain) {
  Program program(call());
  write_slowly(40, 1ms);
  EXPECT_EQ(wait_for({40}), (Steps{40}));
  EXPECT_EQ(finished_cells(), 1);
  std::filesystem::remove_all(source(40));
  std::filesystem::rename(source(120), source(40));
  write_slowly(40, 30ms);
  for (int look = 0; look < 400 && finished_cells() < 2; ++look) std::this_thread::sleep_for(50ms);
  EXPECT_EQ(finished_cells(), 2) << "of two weights";
  EXPECT_EQ(wait_for({40}), (Steps{40}));
  program.signal(SIGINT);
  const ProgramResult result = program.wait();
  EXPECT_EQ(result.exit_code, 130) << result.errors;
  EXPECT_NE(result.errors.find("what was computed is kept"), std::string::npos);
  EXPECT_FALSE(page().contains("live"));
}

TEST_F(WatchCommandTest, GoesOnWhereItWasAndKeepsDeletedCheckpoints) {
  for (const int step : {40, 80}) std::filesystem::rename(source(step), folder_.checkpoint(step));
  ProgramResult result = run_program(call({"--watch-until", "80"}));
  EXPECT_EQ(result.exit_code, 0) << result.errors;
  std::filesystem::remove_all(folder_.checkpoint(40));
  std::filesystem::rename(source(120), folder_.checkpoint(120));
  result = run_program(call({"--watch-until", "120"}));
  EXPECT_EQ(result.exit_code, 0) << result.errors;
  EXPECT_NE(result.errors.find("Computed 1 of 3 cells"), std::string::npos) << result.errors;
  EXPECT_EQ(wait_for({40, 80, 120}), (Steps{40, 80, 120}));
}

TEST_F(WatchCommandTest, EndsWhenNothingComes) {
  std::filesystem::create_directories(folder_.checkpoint(40));
  write_file(folder_.checkpoint(40) / "config.json", "{}");
  const ProgramResult result = run_program(call({"--watch-idle", "0.01"}));
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_NE(result.errors.find("not scored: "), std::string::npos) << result.errors;
  EXPECT_NE(result.errors.find("holds no weights"), std::string::npos);
}

TEST_F(WatchCommandTest, WrongUseIsRefused) {
  for (const std::vector<std::string>& more : {std::vector<std::string>{"--shard", "1/2"},
                                               {"--slurm"},
                                               {"--watch-interval", "0"},
                                               {"--no-report"}}) {
    const ProgramResult result = run_program(call(more));
    EXPECT_EQ(result.exit_code, 2) << more[0];
  }
}

}  // namespace
}  // namespace e2lm
