// Options of `e2lm sweep` that mean nothing without another one.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness/tool.h"
#include "tests/support/program.h"
#include "tests/support/run_folder.h"

namespace e2lm {
namespace {

using testing::HasSubstr;
using testing::Not;

class SweepOptionsTest : public testing::Test {
 protected:
  ProgramResult sweep(std::vector<std::string> options) const {
    options.insert(options.begin(), {"sweep", folder_.manifest, "-o", run_});
    return run_program({.arguments = std::move(options)});
  }

  RunFolder folder_;
  Path run_ = folder_.scratch / "run";
};

TEST_F(SweepOptionsTest, WithoutTheirCompanionNothingIsDone) {
  for (const auto& [option, value, companion] :
       std::vector<std::tuple<std::string, std::string, std::string>>{
           {"slurm-dry-run", "", "slurm"},
           {"slurm-shards", "2", "slurm"},
           {"slurm-partition", "gpu", "slurm"},
           {"slurm-account", "me", "slurm"},
           {"slurm-time", "1:00:00", "slurm"},
           {"slurm-cpus", "4", "slurm"},
           {"slurm-gpus", "1", "slurm"},
           {"slurm-memory", "8G", "slurm"},
           {"slurm-option", "--qos=high", "slurm"},
           {"watch-interval", "10", "watch"},
           {"watch-until", "120", "watch"},
           {"watch-idle", "1", "watch"},
           {"watch-pattern", "step-{step}", "watch DIR"},
           {"disk", "1G", "stream"},
           {"jobs", "4", "fetch or --stream"}}) {
    const ProgramResult result = sweep({"--" + option + (value.empty() ? "" : "=" + value)});
    EXPECT_EQ(result.exit_code, 2) << option;
    EXPECT_EQ(result.output, "");
    EXPECT_EQ(result.errors, "e2lm: --" + option + ": needs --" + companion + "\n");
  }
  EXPECT_FALSE(std::filesystem::exists(run_));
}

// Defaults are not given, so the scripts do not give them to the shards either.
TEST_F(SweepOptionsTest, AScriptForSlurmIsTakenByTheProgramThatWroteIt) {
  const ProgramResult dry = sweep({"--slurm", "--slurm-dry-run", "--slurm-shards", "3", "--limit",
                                   "2", "--quiet", "--device", "cpu"});
  ASSERT_EQ(dry.exit_code, 0) << dry.errors;
  const Path script = run_ / "slurm/sweep.sh";
  EXPECT_THAT(read_file(script), HasSubstr("--limit=2"));
  EXPECT_THAT(read_file(script), Not(HasSubstr("--watch")));
  const ToolResult shard =
      run_tool({"env", "SLURM_ARRAY_TASK_ID=2", "SLURM_JOB_ID=7", "bash", script});
  EXPECT_EQ(shard.exit_code, 0) << shard.errors;
  EXPECT_THAT(shard.output, HasSubstr("Computed 1 of 3 cells"));
}

}  // namespace
}  // namespace e2lm
