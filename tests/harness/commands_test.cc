// The program as a user meets it.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/json.h"
#include "tests/support/json_lines.h"
#include "tests/support/places.h"
#include "tests/support/program.h"
#include "tests/support/run_folder.h"
#include "tests/support/task_files.h"

namespace e2lm {
namespace {

using testing::HasSubstr;

TEST(CommandsTest, HelpIsThere) {
  const ProgramResult help = run_program({.arguments = {"--help"}});
  EXPECT_EQ(help.exit_code, 0);
  for (const char* command :
       {"sweep", "score", "report", "logprobs", "tokenize", "prompts", "ls", "validate"}) {
    EXPECT_THAT(help.output, HasSubstr(command));
    const ProgramResult of_command = run_program({.arguments = {command, "--help"}});
    EXPECT_EQ(of_command.exit_code, 0);
    EXPECT_THAT(of_command.output, HasSubstr(std::string("usage: e2lm ") + command));
    EXPECT_EQ(run_program({.arguments = {"help", command}}).output, of_command.output);
  }
  EXPECT_EQ(run_program({}).exit_code, 2);
  EXPECT_THAT(run_program({.arguments = {"--version"}}).output, HasSubstr("e2lm 0."));
}

TEST(CommandsTest, WrongUseIsASentenceAndExitCodeTwo) {
  const auto refused = [](std::vector<std::string> arguments) {
    const ProgramResult result = run_program({.arguments = std::move(arguments)});
    EXPECT_EQ(result.exit_code, 2);
    EXPECT_EQ(result.output, "");
    return result.errors;
  };
  EXPECT_THAT(refused({"sweeep"}), HasSubstr("'sweeep' is no command (expected sweep)"));
  EXPECT_EQ(refused({"bogus"}),
            "e2lm: 'bogus' is no command (expected one that `e2lm --help` shows)\n");
  EXPECT_THAT(refused({"sweep", "--outptu", "x"}), HasSubstr("--output"));
  EXPECT_THAT(refused({"sweep", "--hlep"}), HasSubstr("(expected --help)"));
  EXPECT_EQ(refused({"ls", "--bogus-option"}),
            "e2lm: ls: unknown option --bogus-option (expected one that `e2lm ls --help` shows)\n");
  EXPECT_THAT(refused({"sweep", "a.yaml", "b.yaml"}), HasSubstr("sweep: 2 arguments given"));
  EXPECT_THAT(refused({"prompts"}), HasSubstr("0 arguments given"));
  EXPECT_THAT(refused({"prompts", "wordnet_kinds", "--limit", "x"}), HasSubstr("'x' is no number"));
  EXPECT_THAT(refused({"prompts", "wordnet_kinds", "--num_fewshot", "-2"}),
              HasSubstr("--num_fewshot: '-2' is below 0 (expected a whole number from 0 up)"));
  EXPECT_THAT(refused({"prompts", "wordnet_kinds", "--num_fewshot", "1.5"}),
              HasSubstr("'1.5' is no whole number (expected a whole number from 0 up)"));
  EXPECT_THAT(refused({"sweep", "--watch", "--watch-until", "-5"}),
              HasSubstr("--watch-until: '-5' is below 0"));
  EXPECT_THAT(refused({"logprobs", "--requests", "x"}), HasSubstr("--model: is missing"));
  EXPECT_THAT(refused({"score", "--format", "xml", "nowhere"}), HasSubstr("xml"));
  EXPECT_THAT(refused({"score", "nowhere"}), HasSubstr("no such file or folder"));
  EXPECT_THAT(refused({"sweep", "nowhere.yaml"}), HasSubstr("nowhere.yaml"));
  EXPECT_THAT(refused({"sweep", "--shard", "5/4"}), HasSubstr("'5/4' is no shard"));
  EXPECT_THAT(refused({"sweep", "--shard", "1/4x"}), HasSubstr("as 1/4 for the first of four"));
  EXPECT_THAT(refused({"ls", "things"}), HasSubstr("'things' is no list"));
}

TEST(CommandsTest, TokenizeReadsStandardInput) {
  const Path tokenizer = source_dir() / "series/tokenizer";
  const ProgramResult result =
      run_program({.arguments = {"tokenize", "--tokenizer", tokenizer},
                   .input = "{\"text\": \"Question:\"}\n{\"text\": \"\"}\n"});
  ASSERT_EQ(result.exit_code, 0) << result.errors;
  const std::vector<Json> lines = json_lines(result.output);
  ASSERT_EQ(lines.size(), 2u);
  EXPECT_EQ(lines[0]["ids"].size(), 2u);
  EXPECT_EQ(lines[0]["ids"][0], 289);
  EXPECT_TRUE(lines[1]["ids"].empty());
}

TEST(CommandsTest, PromptsShowsTheRequests) {
  const ProgramResult result =
      run_program({.arguments = {"prompts", "wordnet_kinds", "--limit", "2", "--num-fewshot=1"}});
  ASSERT_EQ(result.exit_code, 0) << result.errors;
  const std::vector<Json> lines = json_lines(result.output);
  ASSERT_EQ(lines.size(), 8u);
  EXPECT_EQ(lines[5]["task"], "wordnet_kinds");
  EXPECT_EQ(lines[5]["doc_id"], 1);
  EXPECT_EQ(lines[5]["idx"], 1);
  EXPECT_EQ(lines[5]["type"], "loglikelihood");
  EXPECT_EQ(lines[5]["continuation"], " disease");
  EXPECT_THAT(lines[5]["context"].get<std::string>(), HasSubstr("Answer: "));
}

TEST(CommandsTest, LsListsWhatThereIs) {
  const auto list = [](const char* what) {
    return run_program({.arguments = {"ls", what}}).output;
  };
  EXPECT_THAT(list("tasks"), HasSubstr("wordnet_kinds_letters"));
  EXPECT_THAT(list("families"), HasSubstr("falcon_h1"));
  EXPECT_THAT(list("metrics"), HasSubstr("acc_norm"));
  EXPECT_THAT(list("devices"), HasSubstr("cpu"));
}

TEST(CommandsTest, ATaskFileWhoseNameIsTakenIsSaid) {
  const Scratch scratch;
  const Path kept = TaskFiles().write(scratch, "a"), other = TaskFiles().write(scratch, "b");
  const ProgramResult result = run_program(
      {.arguments = {"prompts", "colours", "--include_path", scratch.folder(), "--limit", "1"}});
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_EQ(result.errors, "e2lm: " + other.string() + ": passed over, since " + kept.string() +
                               " is named colours too\n");
}

// oneDNN told to do without AMX stands for a processor that has none; cards are hidden.
TEST(CommandsTest, Bfloat16IsFastWhereItBeatsFloat32) {
#if defined(__x86_64__)
  const bool fast = __builtin_cpu_is("amd") && __builtin_cpu_supports("avx512bf16");
  const auto without_amx = run_program(
      {.arguments = {"ls", "devices"},
       .environment = {{"ONEDNN_MAX_CPU_ISA", "AVX512_CORE_BF16"}, {"CUDA_VISIBLE_DEVICES", ""}}});
  EXPECT_EQ(without_amx.output.find("bfloat16") != std::string::npos, fast);
#else
  GTEST_SKIP() << "not an x86 processor";
#endif
}

TEST(CommandsTest, SweepScoreAndReportGoTogether) {
  const RunFolder folder;
  const ProgramResult sweep =
      run_program({.arguments = {"sweep", folder.manifest, "-o", folder.scratch / "run"}});
  ASSERT_EQ(sweep.exit_code, 0) << sweep.errors;
  EXPECT_THAT(sweep.output, HasSubstr("Computed 3 of 3 cells"));
  EXPECT_THAT(sweep.output, HasSubstr("colours"));
  const ProgramResult again =
      run_program({.arguments = {"sweep", folder.manifest, "-o", folder.scratch / "run"}});
  EXPECT_THAT(again.output, HasSubstr("Nothing to compute: all 3 cells"));

  const ProgramResult score =
      run_program({.arguments = {"score", folder.scratch / "run", "--format", "json"}});
  ASSERT_EQ(score.exit_code, 0) << score.errors;
  const Json json = parse_json(score.output, "score");
  ASSERT_EQ(json["signal"].size(), 1u);
  for (const char* key :
       {"series", "task", "metric", "n", "grid", "monotonicity", "autocorrelation",
        "signal_quality", "tie_interval", "null_mean", "null_p"}) {
    EXPECT_TRUE(json["signal"][0].contains(key)) << key;
  }
  EXPECT_TRUE(json["signal"][0]["signal_quality"].is_null()) << "three points have no lag";
  EXPECT_EQ(read_file(folder.scratch / "run/report/report.json"), score.output);

  const std::string page = read_file(folder.scratch / "run/report/index.html");
  const ProgramResult report = run_program(
      {.arguments = {"report", folder.scratch / "run/store.sqlite", "-o", folder.scratch / "r"}});
  EXPECT_EQ(report.exit_code, 0) << report.errors;
  EXPECT_EQ(read_file(folder.scratch / "r/index.html"), page) << "the same store, the same bytes";
  for (const char* name :
       {"report.json", "report.md", "leaderboard.csv", "signal.csv", "curves.csv"}) {
    EXPECT_EQ(read_file(folder.scratch / "r" / name),
              read_file(folder.scratch / "run/report" / name));
  }
  EXPECT_THAT(read_file(folder.scratch / "r/curves.csv"), HasSubstr("colours,acc,"));
}

TEST(CommandsTest, SweepLooksForItsManifestInTheCurrentFolder) {
  const RunFolder folder;
  std::filesystem::rename(folder.manifest, folder.scratch / "checkpoints.yaml");
  const ProgramResult sweep =
      run_program({.arguments = {"sweep", "--quiet"}, .folder = folder.scratch.folder()});
  ASSERT_EQ(sweep.exit_code, 0) << sweep.errors;
  EXPECT_TRUE(std::filesystem::exists(folder.scratch / "runs/checkpoints/store.sqlite"));
  const ProgramResult score =
      run_program({.arguments = {"score"}, .folder = folder.scratch.folder()});
  EXPECT_EQ(score.exit_code, 0) << score.errors;
  const Path run = folder.scratch / "runs/checkpoints";
  for (const Path& store : {run, run / "store.sqlite"}) {
    const ProgramResult validate = run_program({.arguments = {"validate", store}});
    EXPECT_EQ(validate.exit_code, 0) << validate.errors;
    EXPECT_EQ(validate.output, store.string() + ": right (store: 3 cells)\n");
  }
}

}  // namespace
}  // namespace e2lm
