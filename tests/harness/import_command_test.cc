// `e2lm import`, and `score` and `report` on result files, as a user meets them.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "base/json.h"
#include "tests/support/program.h"
#include "tests/support/result_files.h"
#include "tests/support/run_folder.h"

namespace e2lm {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

class ImportCommandTest : public testing::Test {
 protected:
  // Twelve checkpoints of one series, rising with a ripple.
  void write_series(const Path& folder) const {
    for (int step = 100; step <= 1200; step += 100) {
      const double value = 0.25 + 0.0002 * step + 0.01 * std::sin(step);
      write_file(folder / ("z" + std::to_string(step) + ".json"),
                 lm_eval_results("pretrained=org/model,revision=step" + std::to_string(step), "t",
                                 {{"acc,none", value}, {"acc_stderr,none", 0.01}})
                     .dump());
    }
  }

  std::string refused(std::vector<std::string> arguments) const {
    const ProgramResult result = run_program({.arguments = std::move(arguments)});
    EXPECT_EQ(result.exit_code, 2);
    EXPECT_EQ(result.output, "");
    return result.errors;
  }

  Scratch scratch_;
  Path files_ = scratch_ / "files";
};

TEST_F(ImportCommandTest, ImportThenScoreIsScoreOfTheFiles) {
  write_series(files_);
  const ProgramResult import =
      run_program({.arguments = {"import", files_, "--store", scratch_ / "run", "--tokens", "1e6",
                                 "--group", "g"}});
  ASSERT_EQ(import.exit_code, 0) << import.errors;
  EXPECT_THAT(import.output, AllOf(HasSubstr("Imported 12 scores from 12 files"),
                                   HasSubstr("model"), HasSubstr("100 to 1200")));
  const ProgramResult stored =
      run_program({.arguments = {"score", scratch_ / "run", "--format", "json"}});
  ASSERT_EQ(stored.exit_code, 0) << stored.errors;
  const Json json = parse_json(stored.output, "score");
  ASSERT_EQ(json["signal"].size(), 1u);
  EXPECT_EQ(json["signal"][0]["n"], 12);
  EXPECT_GT(json["signal"][0]["signal_quality"], 0.8);
  EXPECT_EQ(json["curves"][0]["series"][0]["points"][11]["tokens"], 1.2e9);
  EXPECT_TRUE(json["sanity"].empty());
  const ProgramResult direct = run_program(
      {.arguments = {"score", files_, "--tokens", "1e6", "--group", "g", "--format", "json"}});
  EXPECT_EQ(direct.output, stored.output);
}

TEST_F(ImportCommandTest, ReportOfFilesNeedsAFolder) {
  write_series(files_);
  EXPECT_THAT(refused({"report", files_}), HasSubstr("--output: is missing"));
  const ProgramResult report =
      run_program({.arguments = {"report", files_, "-o", scratch_ / "out"}});
  ASSERT_EQ(report.exit_code, 0) << report.errors;
  EXPECT_THAT(read_file(scratch_ / "out/index.html"), HasSubstr("model"));
  EXPECT_TRUE(std::filesystem::exists(scratch_ / "out/report.json"));
}

TEST_F(ImportCommandTest, ADryRunWritesNothing) {
  write_series(files_);
  const ProgramResult result =
      run_program({.arguments = {"import", files_, "--dry-run", "--store", scratch_ / "run"}});
  EXPECT_EQ(result.exit_code, 0) << result.errors;
  EXPECT_THAT(result.output, HasSubstr("12 scores"));
  EXPECT_FALSE(std::filesystem::exists(scratch_ / "run"));
}

TEST_F(ImportCommandTest, TokensOfTinyModelsAreShown) {
  const Path table = scratch_.write(
      "tiny.csv", "series,step,tokens,task,value\na,40,81920,t,0.5\na,80,2.125e9,t,0.75\n");
  const ProgramResult result = run_program({.arguments = {"import", table, "--dry-run"}});
  EXPECT_THAT(result.output, HasSubstr("  8.192e-05 to 2.125  ")) << result.errors;
}

TEST_F(ImportCommandTest, AFailedImportMakesNoStore) {
  const Path damaged = scratch_.write("x.csv", "series,step,task,value\na,1,t,0.5\na,1,t,71%\n");
  const Path run = scratch_ / "deep/run";
  EXPECT_THAT(refused({"import", "nosuch.csv", "--store", run}), HasSubstr("no such file"));
  EXPECT_THAT(refused({"import", damaged, "--store", run}), HasSubstr("x.csv:3"));
  EXPECT_FALSE(std::filesystem::exists(scratch_ / "deep"));
  std::filesystem::create_directories(run);
  EXPECT_THAT(refused({"import", damaged, "--store", run}), HasSubstr("x.csv:3"));
  EXPECT_TRUE(std::filesystem::is_empty(run)) << "a folder that was there stays";
  write_series(files_);
  EXPECT_EQ(run_program({.arguments = {"import", files_, "--store", run}}).exit_code, 0);
  EXPECT_THAT(refused({"import", damaged, "--store", run}), HasSubstr("x.csv:3"));
  EXPECT_EQ(run_program({.arguments = {"score", run}}).exit_code, 0) << "and so does a store";
}

TEST_F(ImportCommandTest, AStoreHoldsSweepsAndImportsTogether) {
  const RunFolder folder;
  const Path run = folder.scratch / "run";
  ASSERT_EQ(run_program({.arguments = {"sweep", folder.manifest, "-o", run, "--quiet"}}).exit_code,
            0);
  const Path file = scratch_.write("x.csv",
                                   "series,step,tokens,task,metric,value\n"
                                   "a,40,81920,colours,acc,0.125\n"
                                   "other,40,81920,colours,acc,0.5\n");
  const ProgramResult import = run_program({.arguments = {"import", file, "--store", run}});
  ASSERT_EQ(import.exit_code, 0) << import.errors;
  const ProgramResult score = run_program({.arguments = {"score", run, "--format", "json"}});
  ASSERT_EQ(score.exit_code, 0) << score.errors;
  const Json json = parse_json(score.output, "score");
  for (const Json& task : json["curves"]) {
    std::vector<std::string> names;
    for (const Json& series : task["series"]) names.push_back(series["series"]);
    EXPECT_THAT(names, testing::ElementsAre("a", "a (imported)", "other")) << task["metric"];
    EXPECT_EQ(task["series"][0]["points"].size(), 3u);
    EXPECT_EQ(task["series"][1]["points"].size(), task["metric"] == "acc" ? 1u : 0u);
  }
  EXPECT_TRUE(std::filesystem::exists(run / "store.sqlite"));
}

TEST_F(ImportCommandTest, OurOwnRunsComeBackWithTheirDocuments) {
  const RunFolder folder;
  for (const int step : {40, 80, 120}) {
    const std::string model = "pretrained=" + folder.checkpoint(step).string() +
                              ",tokenizer=" + (folder.scratch / "tokenizer").string();
    const ProgramResult run =
        run_program({.arguments = {"run", "--model_args", model, "--tasks",
                                   folder.scratch / "tasks/colours.yaml", "--output_path", files_,
                                   "--log_samples", "--quiet"}});
    ASSERT_EQ(run.exit_code, 0) << run.errors;
  }
  const ProgramResult import =
      run_program({.arguments = {"import", files_, "--store", scratch_ / "run"}});
  ASSERT_EQ(import.exit_code, 0) << import.errors;
  EXPECT_THAT(import.output, AllOf(HasSubstr("documents from 6 files"), HasSubstr("40 to 120")));
}

// A sweep's three documents, and a run's choice of those with others.
class SomeDocumentsTest : public ImportCommandTest {
 protected:
  // Asks every checkpoint for some documents, and imports that beside a sweep of the first `limit`.
  void sweep_and_import(const std::string& limit, const std::vector<std::string>& choice) {
    ASSERT_EQ(run_program({.arguments = {"sweep", folder_.manifest, "-o", run_, "--limit", limit,
                                         "--quiet"}})
                  .exit_code,
              0);
    for (const int step : {40, 80, 120}) {
      const std::string model = "pretrained=" + folder_.checkpoint(step).string() +
                                ",tokenizer=" + (folder_.scratch / "tokenizer").string();
      std::vector<std::string> words = {"run",     "--model_args",  model,
                                        "--tasks", colours_,        "--output_path",
                                        files_,    "--log_samples", "--quiet"};
      words.insert(words.end(), choice.begin(), choice.end());
      const ProgramResult run = run_program({.arguments = words});
      ASSERT_EQ(run.exit_code, 0) << run.errors;
    }
    ASSERT_EQ(run_program({.arguments = {"import", files_, "--store", run_, "--series", "some"}})
                  .exit_code,
              0);
  }
  std::string score() const {
    const ProgramResult score = run_program({.arguments = {"score", run_, "--format", "json"}});
    EXPECT_EQ(score.exit_code, 0) << score.errors;
    return score.output;
  }

  RunFolder folder_;
  std::string colours_ = (folder_.scratch / "tasks/colours.yaml").string();
  Path run_ = folder_.scratch / "run";
};

TEST_F(SomeDocumentsTest, FewerThanTheSweepsAreNotMixedWithIts) {
  sweep_and_import("3", {"--limit", "2"});
  EXPECT_THAT(score(), HasSubstr("has 2 documents where a has"));
}

TEST_F(SomeDocumentsTest, AsManyOthersAreNotMixedWithTheSweeps) {
  sweep_and_import("2", {"--samples", R"({"colours": [0, 2]})"});
  EXPECT_THAT(score(), HasSubstr("has other documents than a, so nothing is said"));
}

TEST_F(ImportCommandTest, WrongUseIsASentence) {
  write_series(files_);
  EXPECT_THAT(refused({"import"}), HasSubstr("0 arguments given"));
  EXPECT_THAT(refused({"import", scratch_ / "nowhere", "--dry-run"}), HasSubstr("no such file"));
  EXPECT_THAT(refused({"import", files_, "--dry-run", "--pattern", "{x}"}),
              HasSubstr("--pattern: there is no field '{x}'"));
  EXPECT_THAT(refused({"import", files_, "--dry-run", "--pattern", "{series}/no/{step}"}),
              HasSubstr("does not fit"));
  EXPECT_THAT(refused({"import", files_, "--dry-run", "--step-from", "name"}),
              HasSubstr("'name' is unknown"));
  EXPECT_THAT(refused({"import", files_, "--dry-run", "--tokens", "-3"}), HasSubstr("--tokens"));
  EXPECT_THAT(refused({"import", files_, "--dry-run", "--tokens", "no.csv"}),
              HasSubstr("is no file"));
  EXPECT_THAT(refused({"import", files_, "--dry-run", "--mix", "dark"}), HasSubstr("'dark'"));
  EXPECT_THAT(refused({"import", files_, "--dry-run", "--mean", "mmlu"}), HasSubstr("NAME=GLOB"));
  EXPECT_THAT(refused({"import", files_, "--dry-run", "--mean", "m=a*", "--mean", "m=s*"}),
              HasSubstr("--mean: 'm' is the mean of 'a*' and of 's*'"));
  EXPECT_THAT(refused({"import", files_, "--dry-run", "--map", scratch_ / "no.yaml"}),
              HasSubstr("no.yaml"));
  const std::string absent = "nowhere: no such file or folder";
  EXPECT_THAT(refused({"score", scratch_ / "nowhere"}), HasSubstr(absent));
  EXPECT_THAT(refused({"score", scratch_ / "nowhere", "--pattern", "{series}"}), HasSubstr(absent));
  EXPECT_THAT(refused({"score", files_, scratch_ / "nowhere"}), HasSubstr(absent));
  ASSERT_EQ(run_program({.arguments = {"import", files_, "--store", scratch_ / "run"}}).exit_code,
            0);
  EXPECT_THAT(refused({"score", scratch_ / "run", "--tokens", "5"}),
              HasSubstr("--tokens: is about files of results"));
  const Path other = scratch_.write("notes.json", "{\"a\": 1}");
  EXPECT_THAT(refused({"score", other}),
              AllOf(HasSubstr("no known format"), HasSubstr("lm-evaluation-harness")));
}

TEST_F(ImportCommandTest, OptionsThatFitNothingChangeNothing) {
  const Path run = scratch_ / "run";
  const Path file = scratch_.write("x.csv",
                                   "series,step,task,value\n"
                                   "base,1,arc,0.5\nbase,1,sciq,0.25\nweb,1,arc,0.125\n");
  ASSERT_EQ(run_program({.arguments = {"import", file, "--store", run}}).exit_code, 0);
  const auto dump = [&] { return run_program({.arguments = {"score", run, "--format=json"}}); };
  const ProgramResult before = dump();
  ASSERT_EQ(before.exit_code, 0) << before.errors;
  const auto refused_option = [&](std::vector<std::string> options) {
    options.insert(options.begin(), {"import", file, "--store", run});
    return refused(std::move(options));
  };
  EXPECT_THAT(refused_option({"--only", "TYPO"}),
              HasSubstr("--only: 'TYPO' fits no task of these files (expected arc, sciq)"));
  EXPECT_THAT(refused_option({"--only", "arc,TYPO"}), HasSubstr("'TYPO' fits no task"));
  EXPECT_THAT(refused_option({"--mean", "x=zz*"}),
              HasSubstr("--mean: 'zz*' fits no task (expected arc, sciq)"));
  EXPECT_THAT(refused_option({"--only", "arc", "--mean", "x=sc*"}),
              HasSubstr("--mean: 'sc*' fits no task (expected arc)"));
  EXPECT_THAT(refused_option({"--control-for", "nobody"}),
              AllOf(HasSubstr("--control-for: 'nobody' is no series here"),
                    HasSubstr("imported before or now: base, web")));
  EXPECT_EQ(dump().output, before.output);
  const Path more = scratch_.write("y.csv", "step,task,value\n1,arc,0.75\n");
  const ProgramResult import =
      run_program({.arguments = {"import", more, "--store", run, "--series", "more", "--mix", "web",
                                 "--control-for", "base", "--mean", "x=s*", "--only", "a*"}});
  EXPECT_EQ(import.exit_code, 0) << "what the store has already fits, too: " << import.errors;
}

TEST_F(ImportCommandTest, HostileFilesAreSentences) {
  const auto refused_file = [&](const std::string& name, const std::string& text) {
    return refused({"score", scratch_.write("step1/" + name, text)});
  };
  EXPECT_THAT(refused_file("a.json", R"({"results": {"t": {"acc": 0.)"), HasSubstr("a.json:1"));
  EXPECT_THAT(refused_file("b.json", ""), HasSubstr("b.json: is empty"));
  EXPECT_THAT(refused_file("c.csv", "step,task,value\n1,t,\xC0\xAF\n"), HasSubstr("c.csv:2"));
  EXPECT_THAT(refused_file("d.json", std::string(100'000, '[')), HasSubstr("d.json"));
  EXPECT_THAT(refused_file("e.json", R"({"results": {"t": {"acc": "<b>"}}, "versions": {}})"),
              HasSubstr("results.t.acc"));
  EXPECT_THAT(refused_file("g.csv", "step,a\x1b[31m,a\x1b[31m\n1,2,3\n"),
              HasSubstr(R"(two columns are 'a\x1b[31m')"));
  EXPECT_THAT(refused_file("f.jsonl", "{\"doc_id\": 1, \"resps\": 5}\n{}\n"), HasSubstr("f.jsonl"));
}

TEST_F(ImportCommandTest, ScriptsInNamesAreHarmlessOnThePage) {
  const std::string script = "</script><script>alert(1)</script>";
  const Path file =
      scratch_.write("x.csv", "series,step,task,value\n" + script + ",1," + script + ",0.5\n");
  const ProgramResult report = run_program({.arguments = {"report", file, "-o", scratch_ / "out"}});
  ASSERT_EQ(report.exit_code, 0) << report.errors;
  EXPECT_THAT(read_file(scratch_ / "out/index.html"), Not(HasSubstr("<script>alert(1)")));
}

}  // namespace
}  // namespace e2lm
