// A sweep killed at any moment and started again ends with the same bytes as one never killed.

#include <gtest/gtest.h>

#include <chrono>
#include <random>
#include <thread>

#include "tests/support/program.h"
#include "tests/support/scratch.h"
#include "tests/support/whole_sweep.h"

namespace e2lm {
namespace {

using namespace std::chrono_literals;

class KillTest : public testing::Test {
 protected:
  ProgramCall call(const Path& run) const {
    return {.arguments = {"sweep", scratch_ / "sweep.yaml", "-o", run, "--quiet"}};
  }

  Scratch scratch_;
  Path manifest_ = scratch_.write("sweep.yaml", manifest_text());
};

TEST_F(KillTest, EndsWithTheSameBytesAsIfNeverKilled) {
  const auto started = std::chrono::steady_clock::now();
  ASSERT_EQ(run_program(call(scratch_ / "whole")).exit_code, 0);
  const auto whole_time = std::chrono::steady_clock::now() - started;
  const std::string expected = contents(scratch_ / "whole/store.sqlite");

  std::mt19937 random(20);
  int killed = 0, finished = 0;
  // Killed again and again, each run a little further, until it is through; then anew. The time
  // given grows, so that a machine that became slower meanwhile gets through too.
  for (int run = 0; killed < 24; ++run) {
    const Path folder = scratch_ / ("run" + std::to_string(run));
    for (int given = 8;; ++given) {
      Program program(call(folder));
      std::this_thread::sleep_for(whole_time * (random() % 1000) / 2000 * given / 8);
      program.signal(SIGKILL);
      const ProgramResult result = program.wait();
      if (result.exit_code == 0) break;
      ASSERT_EQ(result.exit_code, -SIGKILL) << result.errors;
      ++killed;
    }
    ++finished;
    ASSERT_EQ(contents(folder / "store.sqlite"), expected) << "after " << killed << " kills";
  }
  std::printf("killed %d times over %d sweeps of %.1f s\n", killed, finished,
              std::chrono::duration<double>(whole_time).count());
}

TEST_F(KillTest, InterruptsKeepWholeBlocksAndSaySo) {
  const Path folder = scratch_ / "run";
  ProgramResult result;
  {
    Program program(call(folder));
    while (!std::filesystem::exists(folder / "store.sqlite")) std::this_thread::sleep_for(1ms);
    std::this_thread::sleep_for(50ms);
    program.signal(SIGINT);
    result = program.wait();
  }
  if (result.exit_code != 0) {  // it may have been through already
    EXPECT_EQ(result.exit_code, 130);
    EXPECT_NE(result.errors.find("what was computed is kept"), std::string::npos);
  }
  EXPECT_EQ(run_program(call(folder)).exit_code, 0);
  EXPECT_EQ(run_program(call(scratch_ / "whole")).exit_code, 0);
  EXPECT_EQ(contents(folder / "store.sqlite"), contents(scratch_ / "whole/store.sqlite"));
}

}  // namespace
}  // namespace e2lm
