#include "harness/sweep/slurm.h"

#include <gtest/gtest.h>

#include "base/text.h"
#include "harness/tool.h"
#include "tests/support/expect_error.h"
#include "tests/support/scratch.h"

namespace e2lm {
namespace {

TEST(ToolTest, AShellReadsQuotedWordsBack) {
  const std::vector<std::string> words = {"it's", "", "a b", "$HOME `id` \"x\" \\ *",
                                          "line\nbreak"};
  const ToolResult result = run_tool({"bash", "-c", "printf '%s\\0' " + shell_quoted(words)});
  std::string expected;
  for (const std::string& word : words) expected += word + std::string(1, '\0');
  EXPECT_EQ(result.output, expected);
}

TEST(ToolTest, SaysHowAProgramEnded) {
  const ToolResult result = run_tool({"bash", "-c", "echo out; echo err >&2; exit 3"});
  EXPECT_EQ(result.exit_code, 3);
  EXPECT_EQ(result.output, "out\n");
  EXPECT_EQ(result.errors, "err\n");
  EXPECT_EQ(run_tool({"bash", "-c", "kill -9 $$"}).exit_code, 137);
  expect_error([] { run_tool({"no-such-program-anywhere"}); }, "no-such-program-anywhere",
               "No such file");
}

// The script of a shard with a stand-in for e2lm and scontrol, run by a real shell.
class ShardScriptTest : public testing::Test {
 protected:
  // `sweep` is what the stand-in does when it is to sweep.
  void make(const std::string& sweep) {
    scratch_.write("e2 lm",
                   "#!/bin/bash\necho \"$@\" >> calls\ncase $1 in sweep) " + sweep + ";; esac\n");
    scratch_.write("scontrol", "#!/bin/bash\necho scontrol \"$@\" >> calls\n");
    for (const char* name : {"e2 lm", "scontrol"}) {
      std::filesystem::permissions(scratch_ / name, std::filesystem::perms::owner_all);
    }
    scratch_.write("script", array_script({.run = scratch_ / "run",
                                           .program = scratch_ / "e2 lm",
                                           .from = scratch_.folder(),
                                           .words = {"sweep", "it's.yaml"},
                                           .options = {.shards = 4}}));
  }

  ToolResult run(const std::string& beside = "true", const std::string& environment = "") const {
    return run_tool({"bash", "-c",
                     "export SLURM_ARRAY_TASK_ID=2 SLURM_JOB_ID=77 " + environment +
                         " PATH=" + shell_quoted(scratch_.folder().string()) + ":$PATH\nbash " +
                         shell_quoted((scratch_ / "script").string()) + " & job=$!\n" + beside +
                         "\nwait $job"});
  }

  std::string calls() const { return read_file(scratch_ / "calls"); }

  static constexpr const char* kWaiting =
      "trap 'echo stopped >> calls; exit 130' TERM; : > began; while :; do sleep 0.01; done";
  static constexpr const char* kAtBeginning = "until [ -e began ]; do sleep 0.01; done; kill -";

  std::string when_begun(const std::string& signal) const {
    return "cd " + shell_quoted(scratch_.folder().string()) + "; " + kAtBeginning + signal +
           " $job";
  }

  Scratch scratch_;
};

TEST_F(ShardScriptTest, SweepsItsShardAndPassesTheCodeOn) {
  make("exit 1");
  EXPECT_EQ(run().exit_code, 1);
  EXPECT_EQ(calls(), "sweep it's.yaml --shard=2/4 --output=" +
                         (scratch_ / "run/shards/2-of-4").string() + " --no-report\n");
}

TEST_F(ShardScriptTest, TakesWhatSlurmGrants) {
  make("exit 0");
  EXPECT_EQ(run("true", "SLURM_CPUS_PER_TASK=3 SLURM_MEM_PER_NODE=4096").exit_code, 0);
  EXPECT_NE(calls().find("--no-report --threads=3 --memory=3072M\n"), std::string::npos) << calls();
}

TEST_F(ShardScriptTest, StartsFromWhatTheRunHas) {
  make("exit 0");
  scratch_.write("run/store.sqlite", "");
  run();
  EXPECT_TRUE(calls().starts_with("merge " + (scratch_ / "run").string() + " --output="));
  EXPECT_NE(calls().find("\nsweep "), std::string::npos);
}

TEST_F(ShardScriptTest, StopsAndRequeuesItselfBeforeTheTimeLimit) {
  make(kWaiting);
  EXPECT_EQ(run(when_begun("USR1")).exit_code, 130);
  EXPECT_TRUE(calls().ends_with("stopped\nscontrol requeue 77\n")) << calls();
}

TEST_F(ShardScriptTest, DoesNotRequeueForEver) {
  make(kWaiting);
  EXPECT_EQ(run(when_begun("USR1"), "SLURM_RESTART_COUNT=100").exit_code, 130);
  EXPECT_TRUE(calls().ends_with("stopped\n")) << calls();
}

TEST_F(ShardScriptTest, StopsWhenCancelled) {
  make(kWaiting);
  EXPECT_EQ(run(when_begun("TERM")).exit_code, 130);
  EXPECT_TRUE(calls().ends_with("stopped\n")) << calls();
}

// The shell sends the signal to itself at the one place where it would be lost.
TEST_F(ShardScriptTest, ASignalBetweenTheStartOfTheSweepAndItsNameIsNotLost) {
  make(kWaiting);
  scratch_.write("early",
                 "trap '[ \"$BASH_COMMAND\" != \"sweep=\\$!\" ] || kill -USR1 $$' DEBUG\n");
  const int code = run("true", "BASH_ENV=" + shell_quoted((scratch_ / "early").string())).exit_code;
  EXPECT_TRUE(code == 130 || code == 143) << code;
  EXPECT_TRUE(calls().ends_with("scontrol requeue 77\n")) << calls();
}

TEST_F(ShardScriptTest, PathsWithLineBreaksAreRefused) {
  expect_error([&] { write_scripts({.run = scratch_ / "a\nb", .program = "/e2lm", .from = "/"}); },
               "line break");
}

}  // namespace
}  // namespace e2lm
