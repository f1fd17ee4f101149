// What comes from outside while the program runs: signals, pipes that end, another program.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <thread>

#include "base/json.h"
#include "tests/support/program.h"
#include "tests/support/scratch.h"
#include "tests/support/whole_sweep.h"

namespace e2lm {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

class SignalsTest : public testing::Test {
 protected:
  ProgramCall sweep(const Path& run) const {
    return {.arguments = {"sweep", manifest_, "-o", run, "--quiet"}};
  }
  std::string expected() const {
    EXPECT_EQ(run_program(sweep(scratch_ / "whole")).exit_code, 0);
    return contents(scratch_ / "whole/store.sqlite");
  }
  // Until the sweep has put its first block into the store; false: it was through before.
  static bool await_first_block(const Path& run) {
    for (int look = 0; look < 20'000; ++look, std::this_thread::sleep_for(1ms)) {
      if (!std::filesystem::exists(run / "store.sqlite.claims")) continue;
      const Store store = Store::open_existing(run / "store.sqlite");
      Statement blocks(store.database(), "SELECT count(*) FROM block");
      if (blocks.step() && blocks.integer(0) > 0) return true;
    }
    return false;
  }
  static int64_t prefixes_computed(const Path& run) {
    const Json report = parse_json(read_file(run / "report/report.json"), "report.json");
    int64_t sum = 0;
    for (const Json& cell : report["cells"]) sum += cell["rows"].get<int64_t>();
    return sum;
  }
  static int64_t number_after(const std::string& text, const std::string& word) {
    const size_t at = text.find(word);
    return at == std::string::npos ? 0 : std::atoll(text.c_str() + at + word.size());
  }

  Scratch scratch_;
  Path manifest_ = scratch_.write("sweep.yaml", manifest_text());
};

TEST_F(SignalsTest, TerminationAndALostTerminalKeepEverythingComputed) {
  const std::string whole = expected();
  for (const int signal : {SIGTERM, SIGHUP, SIGINT}) {
    SCOPED_TRACE(signal);
    const Path run = scratch_ / ("run" + std::to_string(signal));
    Program program(sweep(run));
    ASSERT_TRUE(await_first_block(run));
    program.signal(signal);
    const ProgramResult result = program.wait();
    if (result.exit_code != 0) {  // it may have been through already
      EXPECT_EQ(result.exit_code, 130);
      EXPECT_THAT(result.errors, HasSubstr("stopping after this block"));
      EXPECT_THAT(result.errors, HasSubstr("what was computed is kept"));
    }
    EXPECT_EQ(run_program(sweep(run)).exit_code, 0);
    EXPECT_EQ(contents(run / "store.sqlite"), whole);
    // Of an interrupted cell both parts count.
    EXPECT_GE(prefixes_computed(run), prefixes_computed(scratch_ / "whole"));
  }
}

TEST_F(SignalsTest, UnderNohupALostTerminalStopsNothing) {
  ProgramCall call = sweep(scratch_ / "run");
  call.before_start = [] { std::signal(SIGHUP, SIG_IGN); };
  Program program(call);
  ASSERT_TRUE(await_first_block(scratch_ / "run"));
  program.signal(SIGHUP);
  EXPECT_EQ(program.wait().exit_code, 0);
}

TEST_F(SignalsTest, CommandsThatKeepNothingEndWithTheSignalAtOnce) {
  expected();
  Program program({.arguments = {"score", scratch_ / "whole"}});
  program.signal(SIGINT);
  const int code = program.wait().exit_code;
  EXPECT_TRUE(code == -SIGINT || code == 0) << code;
}

TEST_F(SignalsTest, AReaderThatHasEnoughEndsTheProgramQuietly) {
  expected();
  const ProgramResult result = run_program(
      {.arguments = {"score", scratch_ / "whole", "--format", "json"}, .output_unread = true});
  EXPECT_EQ(result.exit_code, -SIGPIPE);
  EXPECT_EQ(result.errors, "");
}

TEST_F(SignalsTest, TwoSweepsOfOneStoreShareTheWork) {
  const std::string whole = expected();
  Program first(sweep(scratch_ / "run")), second(sweep(scratch_ / "run"));
  const ProgramResult results[] = {first.wait(), second.wait()};
  int64_t computed = 0;
  for (const ProgramResult& result : results) {
    EXPECT_EQ(result.exit_code, 0) << result.errors;
    computed += number_after(result.output, "Computed ");
  }
  EXPECT_EQ(computed, 12) << "every cell once";
  EXPECT_EQ(contents(scratch_ / "run/store.sqlite"), whole);
}

TEST_F(SignalsTest, WhatAKilledSweepHadClaimedIsDoneByTheOther) {
  const std::string whole = expected();
  Program first(sweep(scratch_ / "run"));
  ASSERT_TRUE(await_first_block(scratch_ / "run"));
  Program second(sweep(scratch_ / "run"));
  std::this_thread::sleep_for(50ms);
  first.signal(SIGKILL);
  first.wait();
  const ProgramResult result = second.wait();
  EXPECT_EQ(result.exit_code, 0) << result.errors;
  EXPECT_EQ(contents(scratch_ / "run/store.sqlite"), whole);
}

TEST_F(SignalsTest, ManyProgramsMayMakeOneStore) {
  const Path table = scratch_.write("t.csv", "series,step,task,value\na,1,t,0.5\n");
  std::vector<std::unique_ptr<Program>> programs;
  for (int i = 0; i < 8; ++i) {
    programs.push_back(std::make_unique<Program>(
        ProgramCall{.arguments = {"import", table, "--store", scratch_ / "shared"}}));
  }
  for (const auto& program : programs) {
    const ProgramResult result = program->wait();
    EXPECT_EQ(result.exit_code, 0) << result.errors;
  }
  const ProgramResult score = run_program({.arguments = {"score", scratch_ / "shared"}});
  EXPECT_EQ(score.exit_code, 0) << score.errors;
}

}  // namespace
}  // namespace e2lm
