// The wall's clock goes back while the program runs: nothing hangs, and results stay the same
// bytes.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <regex>
#include <thread>

#include "base/json.h"
#include "tests/support/made_hub.h"
#include "tests/support/places.h"
#include "tests/support/program.h"
#include "tests/support/run_folder.h"
#include "tests/support/sanitized.h"
#include "tests/support/whole_sweep.h"

namespace e2lm {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

class ClockTest : public testing::Test {
 protected:
  using Clock = std::chrono::steady_clock;
  static constexpr auto kPatience = 240s;  // of a machine that does much else

  void SetUp() override {
    if (kSanitized) GTEST_SKIP() << "AddressSanitizer wants to be the first library";
  }

  static ProgramCall backwards(std::vector<std::string> words) {
    return {.arguments = std::move(words), .environment = {{"LD_PRELOAD", SHIFTED_CLOCK}}};
  }

  // No time that people or programs are told is negative.
  static void expect_sound(const ProgramResult& result) {
    EXPECT_EQ(result.exit_code, 0) << result.errors;
    const std::regex negative(R"((^|\s)-\d[\d.]* (s|min|h)\b)");
    EXPECT_FALSE(std::regex_search(result.output + result.errors, negative))
        << result.output << result.errors;
  }

  void TearDown() override { EXPECT_LT(Clock::now() - started_, kPatience); }

  const Clock::time_point started_ = Clock::now();
  Scratch scratch_;
};

TEST_F(ClockTest, TheShiftIsReal) {
  RunFolder folder;
  const Path out = scratch_ / "out";
  const ProgramResult result = run_program(
      backwards({"run", "--model_args",
                 "pretrained=" + folder.checkpoint(40).string() +
                     ",tokenizer=" + (folder.scratch / "tokenizer").string(),
                 "--tasks", folder.scratch / "tasks/colours.yaml", "--output_path", out}));
  expect_sound(result);
  Json results;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(out)) {
    if (entry.path().extension() == ".json") {
      results = parse_json(read_file(entry.path()), entry.path().string());
    }
  }
  ASSERT_TRUE(results.contains("total_evaluation_time_seconds"));
  EXPECT_GE(std::stod(results["total_evaluation_time_seconds"].get<std::string>()), 0.0);
  EXPECT_GE(results["end_time"].get<double>(), results["start_time"].get<double>());
  if (std::system("python3 -c ''") != 0) return;
  const std::string shell =
      std::string("LD_PRELOAD=") + SHIFTED_CLOCK +
      R"x( python3 -c "import sys, time; a = time.time(); time.sleep(0.1); sys.exit(time.time() > a)")x";
  EXPECT_EQ(std::system(shell.c_str()), 0) << "the clock does go back";
}

TEST_F(ClockTest, TwoSweepsShareTheWorkAndGiveTheSameBytes) {
  const Path manifest = scratch_.write("sweep.yaml", manifest_text());
  const auto words = [&](const char* run) {
    return std::vector<std::string>{"sweep", manifest, "-o", scratch_ / run};
  };
  ASSERT_EQ(run_program({.arguments = words("whole")}).exit_code, 0);
  Program first(backwards(words("run"))), second(backwards(words("run")));
  int64_t computed = 0;
  for (Program* program : {&first, &second}) {
    const ProgramResult result = program->wait();
    expect_sound(result);
    const size_t at = result.output.find("Computed ");
    if (at != std::string::npos) computed += std::atoll(result.output.c_str() + at + 9);
  }
  EXPECT_EQ(computed, 12) << "every cell once";
  EXPECT_EQ(contents(scratch_ / "run/store.sqlite"), contents(scratch_ / "whole/store.sqlite"));
  Store store = Store::open_existing(scratch_ / "run/store.sqlite");
  for (const auto& [key, cell] : store.cells()) EXPECT_GE(cell.seconds, 0.0);
}

TEST_F(ClockTest, AFetchWaitsAndGoesOn) {
  MadeHub hub;
  const Path source = source_dir() / "series/small-deep/iter_0000040";
  hub.add_checkpoint("org/model", "main", "", source);
  std::atomic<int> refused = 0;
  hub.instead_of_store = [&](const ServedRequest&) -> std::optional<ServedReply> {
    if (refused++ >= 2) return {};
    // By the server's clock, which does not care about ours: one second.
    return ServedReply{.status = 503,
                       .headers = {{"Date", "Sat, 01 Jan 2000 00:00:00 GMT"},
                                   {"Retry-After", "Sat, 01 Jan 2000 00:00:01 GMT"}}};
  };
  const Path manifest =
      scratch_.write("hub.yaml",
                     "tasks: [wordnet_kinds]\nseries:\n"
                     "  - {name: a, hub: org/model, steps: [40], tokens: {per_step: 1}}\n");
  ProgramCall call = backwards({"fetch", manifest});
  call.environment.merge(hub.environment(scratch_ / "hf"));
  const ProgramResult result = run_program(call);
  expect_sound(result);
  EXPECT_GE(refused.load(), 3) << "asked again after two refusals";
}

TEST_F(ClockTest, AWatchSeesWhatComesAndEndsWhenNothingDoes) {
  RunFolder folder;
  const std::vector<std::string> words = {"sweep",
                                          "--watch",
                                          folder.scratch / "a",
                                          "--tasks",
                                          folder.scratch / "tasks/colours.yaml",
                                          "--watch-tokenizer",
                                          folder.scratch / "tokenizer",
                                          "-o",
                                          scratch_ / "run",
                                          "--watch-interval",
                                          "0.1",
                                          "--watch-idle",
                                          "0.03"};
  const Path away = scratch_ / "away";
  std::filesystem::rename(folder.checkpoint(120), away);
  Program program(backwards(words));
  std::this_thread::sleep_for(1s);
  std::filesystem::rename(away, folder.checkpoint(120));
  const ProgramResult result = program.wait();
  expect_sound(result);
  const Json report = parse_json(read_file(scratch_ / "run/report/report.json"), "report");
  EXPECT_EQ(report["cells"].size(), 3u);
}

}  // namespace
}  // namespace e2lm
