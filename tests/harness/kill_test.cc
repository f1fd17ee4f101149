// A sweep killed at any moment and started again ends with the same bytes as one never killed.

#include <gtest/gtest.h>

#include <chrono>
#include <random>
#include <thread>

#include "base/hash.h"
#include "harness/store.h"
#include "tests/support/program.h"
#include "tests/support/scratch.h"

namespace e2lm {
namespace {

using namespace std::chrono_literals;

// Two checkpoints of two series on three tasks: several cells of several blocks each.
std::string manifest_text() {
  const std::string source = E2LM_SOURCE_DIR;
  return "tasks: [wordnet_kinds, wordnet_parts, wordnet_everyday]\n"
         "tokenizer: " +
         source +
         "/series/tokenizer\n"
         "series:\n"
         "  - {name: small-deep, path: '" +
         source +
         "/series/small-deep/iter_{step:07}',\n"
         "     steps: [40, 640], tokens: {per_step: 2048}}\n"
         "  - {name: base-wide, path: '" +
         source +
         "/series/base-wide/iter_{step:07}',\n"
         "     steps: [40, 640], tokens: {per_step: 2048}}\n";
}

// Everything the store holds but times, in a fixed order.
std::string contents(const Path& store_path) {
  const Store store = Store::open_existing(store_path);
  Sha256 hash;
  const auto add = [&](const char* sql, int columns) {
    Statement rows(store.database(), sql);
    while (rows.step()) {
      for (int c = 0; c < columns; ++c) {
        const auto bytes = rows.bytes(c);
        hash.add_field(std::to_string(bytes.size()));
        hash.add(bytes);
      }
    }
  };
  add("SELECT w.sha256, r.sha256, c.settings, c.state, b.first, b.count, b.nats, b.counts "
      "FROM block b JOIN cell c ON c.id = b.cell JOIN weights w ON w.id = c.weights "
      "JOIN request_set r ON r.id = c.request_set "
      "ORDER BY w.sha256, r.sha256, c.settings, b.first",
      8);
  add("SELECT name, position, ranking_group, mix FROM series ORDER BY name", 4);
  add("SELECT series, step, position, tokens, error FROM checkpoint ORDER BY series, step", 5);
  add("SELECT name, content_sha256, position, items FROM task ORDER BY name", 4);
  return hash.hex();
}

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
