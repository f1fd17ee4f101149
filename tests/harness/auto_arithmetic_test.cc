// A sweep that leaves --dtype and --device to the machine goes on as its store began, on machines
// that would choose otherwise. That is shown on any machine: one of both types is not its own.

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/json.h"
#include "harness/store/store.h"
#include "harness/tool.h"
#include "tests/support/program.h"
#include "tests/support/run_folder.h"

namespace e2lm {
namespace {

using testing::HasSubstr;

class AutoArithmeticTest : public testing::Test {
 protected:
  void SetUp() override { folder_.settle(); }

  std::string sweep(std::vector<std::string> options, const Path& run) const {
    options.insert(options.begin(), {"sweep", folder_.manifest, "-q", "-o", run});
    const ProgramResult result = run_program({.arguments = std::move(options)});
    EXPECT_EQ(result.exit_code, 0) << result.errors;
    return result.output;
  }

  std::string settings_of(const Path& run) const {
    return Json::parse(read_file(run / "report/report.json"))["engine"];
  }

  RunFolder folder_;
  Path run_ = folder_.scratch / "run";
};

class BegunWith : public AutoArithmeticTest, public testing::WithParamInterface<const char*> {};

TEST_P(BegunWith, WhatWasComputedIsNotComputedAgain) {
  sweep({"--dtype", GetParam()}, run_);
  EXPECT_THAT(sweep({}, run_), HasSubstr("Nothing to compute: all 3 cells are in the store."));
  EXPECT_EQ(settings_of(run_), GetParam() + std::string(" cpu"));
}

TEST_P(BegunWith, OtherCheckpointsAreComputedAlike) {
  sweep({"--dtype", GetParam(), "--shard", "1/2"}, run_);
  EXPECT_THAT(sweep({}, run_), HasSubstr("Computed 1 of 3 cells"));
  EXPECT_EQ(settings_of(run_), GetParam() + std::string(" cpu"));
  sweep({"--dtype", GetParam()}, folder_.scratch / "at_once");
  const auto dump = [&](const Path& run) {
    return run_program({.arguments = {"dump", run, "--sha256"}}).output;
  };
  EXPECT_EQ(dump(run_), dump(folder_.scratch / "at_once"));
}

TEST_P(BegunWith, AskedForItIsComputed) {
  sweep({"--dtype", GetParam()}, run_);
  const std::string other = GetParam() == std::string("float32") ? "bfloat16" : "float32";
  EXPECT_THAT(sweep({"--dtype", other}, run_), HasSubstr("Computed 3 of 3 cells"));
  EXPECT_EQ(settings_of(run_), other + " cpu");
}

INSTANTIATE_TEST_SUITE_P(AutoArithmetic, BegunWith, testing::Values("float32", "bfloat16"),
                         [](const auto& test) { return std::string(test.param); });

TEST_F(AutoArithmeticTest, AskedForItGoesBeforeTheManifest) {
  sweep({}, run_ / "none");
  const std::string manifest = read_file(folder_.manifest);
  for (const char* dtype : {"float32", "bfloat16"}) {
    write_file(folder_.manifest, fmt::format("dtype: {}\n{}", dtype, manifest));
    sweep({"--dtype", "auto"}, run_ / dtype);
    EXPECT_EQ(settings_of(run_ / dtype), settings_of(run_ / "none"));
  }
}

// As users set it who want the same on processors of several kinds.
TEST_F(AutoArithmeticTest, OneDnnMayBeForbiddenWhatTheProcessorHas) {
  for (const char* dtype : {"auto", "bfloat16"}) {
    const ProgramResult result = run_program(
        {.arguments = {"sweep", folder_.manifest, "-q", "-o", run_ / dtype, "--dtype", dtype},
         .environment = {{"ONEDNN_MAX_CPU_ISA", "AVX2"}}});
    EXPECT_EQ(result.exit_code, 0) << result.errors;
  }
}

// The machine that submits has another processor than the nodes, and these are of two kinds.
TEST_F(AutoArithmeticTest, ForSlurmTheNodesChoose) {
  for (const auto& [shard, dtype] : {std::pair("1/2", "float32"), {"2/2", "bfloat16"}}) {
    sweep({"--no-report", "--dtype", dtype, "--shard", shard},
          run_ / "shards" / (shard[0] + std::string("-of-2")));
  }
  EXPECT_THAT(sweep({"--slurm", "--slurm-dry-run"}, run_),
              HasSubstr("Nothing to compute: all cells are in the store."));
  EXPECT_EQ(settings_of(run_), "bfloat16 cpu, float32 cpu");
  EXPECT_THAT(read_file(run_ / "report/report.json"),
              HasSubstr("its checkpoints were computed in bfloat16 cpu and float32 cpu, which"));
}

// As a machine with a card would have left it.
void move_to_card(const Path& run) {
  Store store = Store::open(run / "store.sqlite");
  for (const char* table : {"cell", "checkpoint"}) {
    store.database().run(fmt::format("UPDATE {} SET settings = 'bfloat16 cuda'", table));
  }
}

TEST_F(AutoArithmeticTest, ForSlurmTheNodesAloneNeedCards) {
  const Path shard = run_ / "shards/1-of-1";
  sweep({"--no-report", "--dtype", "bfloat16"}, shard);
  move_to_card(shard);
  const std::vector<std::string> submit = {"--slurm", "--slurm-dry-run", "--slurm-shards", "1"};
  EXPECT_THAT(sweep(submit, run_), HasSubstr("Nothing to compute: all cells are in the store."));
  EXPECT_EQ(settings_of(run_), "bfloat16 cuda");
}

TEST_F(AutoArithmeticTest, ResultsOfACardAreNotComputedAgainElsewhereUnasked) {
  sweep({"--dtype", "bfloat16"}, run_);
  move_to_card(run_);
  const auto again = [&](std::vector<std::string> options) {
    options.insert(options.begin(), {"sweep", folder_.manifest, "-q", "-o", run_});
    return run_program(
        {.arguments = std::move(options), .environment = {{"CUDA_VISIBLE_DEVICES", ""}}});
  };
  for (const char* option : {"--threads=1", "--watch"}) {
    const ProgramResult refused = again({option});
    EXPECT_EQ(refused.exit_code, 2);
    EXPECT_THAT(refused.errors, HasSubstr("was computed on a card, and this machine has none"));
  }
  const ProgramResult report = run_program({.arguments = {"report", run_}});
  EXPECT_EQ(report.exit_code, 0) << report.errors;
  EXPECT_EQ(settings_of(run_), "bfloat16 cuda");
  EXPECT_THAT(again({"--device", "cpu"}).output, HasSubstr("Computed 3 of 3 cells"));
}

}  // namespace
}  // namespace e2lm
