// `e2lm submission` as a user meets it, on entries of the winners' shape over the bundled series.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <random>
#include <set>
#include <thread>

#include "base/json.h"
#include "harness/store/store.h"
#include "tests/support/http_server.h"
#include "tests/support/places.h"
#include "tests/support/program.h"
#include "tests/support/scratch.h"
#include "tests/support/submission_files.h"
#include "tests/support/task_files.h"

namespace e2lm {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr const char* kToken = "hf_SecretSecret123";
const std::map<std::string, std::string> kNoJudge = {{"E2LM_JUDGE_URL", ""}};

// Rows of MMLU's columns, made of the bundled series' own facts so that models learn them.
std::vector<Json> rows_of(const std::string& task, size_t from, size_t count) {
  std::vector<Json> rows;
  const Path path = source_dir() / "tasks/library/wordnet" / task;
  for_each_json_line(path, [&](int64_t line, Json row) {
    if (static_cast<size_t>(line) <= from || rows.size() == count) return;
    rows.push_back({{"question", row["question"]},
                    {"subject", "terms"},
                    {"choices", row["choices"]},
                    {"answer", row["answer"]}});
  });
  return rows;
}

std::string template_yaml(const std::string& data) {
  return "dataset_path: json\ndataset_kwargs:\n  data_files: {test: " + data +
         ".jsonl, dev: dev.jsonl}\ntest_split: test\nfewshot_split: dev\n"
         "fewshot_config: {sampler: first_n}\nnum_fewshot: 1\noutput_type: multiple_choice\n"
         "doc_to_text: \"Question: {{question.strip()}}\\nAnswer:\"\n"
         "doc_to_choice: \"{{choices}}\"\ndoc_to_target: \"{{answer}}\"\n";
}

// As mmlu_early_training: one task, a margin as its metric, in Python.
Path write_margin_entry(const Path& path) {
  const std::string folder = "lm_eval/tasks/early/";
  const std::string yaml =
      "task: early\n" + template_yaml("test") +
      "metric_list:\n  - metric: likelihood\n    aggregation: !function custom_metrics.difference\n"
      "    high_is_better: true\nmetadata: {version: 1.0}\n";
  const std::string python = "import numpy as np\n\n\ndef difference(items):\n    return 0.0\n";
  return write_archive(
      path,
      {{"evaluation.patch",
        added_file(folder + "early.yaml", yaml) + added_file(folder + "custom_metrics.py", python) +
            added_file(folder + "test.jsonl",
                       SubmissionFiles::lines(rows_of("wordnet_kinds.jsonl", 0, 120))) +
            added_file(folder + "dev.jsonl",
                       SubmissionFiles::lines(rows_of("wordnet_kinds.dev.jsonl", 0, 2)))},
       {"metadata.yaml", std::string("task_name: early\ntask_metric: likelihood,none\n") +
                             "hf_token: " + kToken + "\n"}});
}

// As noor and sciknoweval_mcqa: a group over a tag of tasks that include a template without a name.
Path write_group_entry(const Path& path) {
  const std::string folder = "lm_eval/tasks/fields/";
  std::string patch =
      added_file(folder + "_template_yaml",
                 template_yaml("kinds") + "metric_list:\n  - metric: acc\n") +
      added_file(folder + "_fields.yaml",
                 "group: fields\ntask:\n  - group: all\n    task: [fields_tasks]\n"
                 "aggregate_metric_list:\n  - metric: acc\n    weight_by_size: True\n") +
      added_file(folder + "dev.jsonl",
                 SubmissionFiles::lines(rows_of("wordnet_kinds.dev.jsonl", 0, 2)));
  for (const std::string part : {"kinds", "parts"}) {
    patch += added_file(folder + "fields_" + part + ".yaml",
                        "\"include\": \"_template_yaml\"\n\"tag\": \"fields_tasks\"\n\"task\": "
                        "\"fields_" +
                            part + "\"\n\"dataset_kwargs\":\n  \"data_files\": {\"test\": \"" +
                            part + ".jsonl\", \"dev\": \"dev.jsonl\"}\n");
    patch += added_file(folder + part + ".jsonl",
                        SubmissionFiles::lines(
                            rows_of("wordnet_" + part + ".jsonl", 0, part == "kinds" ? 80 : 60)));
  }
  return write_archive(path, {{"evaluation.patch", patch},
                              {"metadata.yaml", "task_name: fields\ntask_metric: acc,none\n"}});
}

// Both entries scored once on some of the bundled series' checkpoints.
class SubmissionScores : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    scratch_ = new Scratch;
    const std::string source = source_dir();
    std::string text = read_file(source + "/checkpoints.yaml");
    const std::string all = "[{from: 40, to: 640, by: 40}, 1152, 1664, 2176, 2688, 3200]";
    for (size_t at; (at = text.find(all)) != std::string::npos;) {
      text.replace(at, all.size(), "[{from: 80, to: 640, by: 80}, 1664, 3200]");
    }
    for (const char* folder : {"tokenizer: series", "path: series"}) {
      for (size_t at = 0; (at = text.find(folder, at)) != std::string::npos; at += 20) {
        text.insert(text.find("series", at), source + "/");
      }
    }
    scratch_->write("series.yaml", text);
    write_margin_entry(*scratch_ / "margin.zip");
    write_group_entry(*scratch_ / "group.zip");
    std::vector<std::string> margin_options = kEarlyOrder;
    margin_options.insert(margin_options.end(),
                          {"--native", "custom_metrics.difference=margin_mean"});
    margin_ = score("margin", margin_options);
    group_ = score("group", kEarlyOrder);
  }
  static void TearDownTestSuite() { delete scratch_; }

  static ProgramResult score(const std::string& name, std::vector<std::string> options) {
    options.insert(options.begin(), {"submission", "score", name + ".zip", "--series",
                                     "series.yaml", "--draws", "100"});
    return run_program(
        {.arguments = std::move(options), .folder = scratch_->folder(), .environment = kNoJudge});
  }

  static Path run_of(const std::string& name) { return *scratch_ / ("runs/submissions/" + name); }
  static Json verdict_of(const std::string& name) {
    const Path path = run_of(name) / "verdict.json";
    return parse_json(read_file(path), path.string());
  }

  // Of so few documents two models may answer equally many in the end.
  static inline const std::vector<std::string> kEarlyOrder = {"--reference", "early-mean"};
  static inline Scratch* scratch_ = nullptr;
  static inline ProgramResult margin_, group_;
};

TEST_F(SubmissionScores, AMarginIsScored) {
  ASSERT_EQ(margin_.exit_code, 0) << margin_.output << margin_.errors;
  EXPECT_THAT(margin_.output, HasSubstr("margin: valid\ntask early, metric likelihood (here "
                                        "margin_mean)"));
  EXPECT_THAT(margin_.output, HasSubstr("no judge was asked; the compliance measured on the series "
                                        "is"));
  const Json verdict = verdict_of("margin");
  EXPECT_EQ(verdict["status"], "valid");
  EXPECT_EQ(verdict["scores"]["metric"], "margin_mean");
  EXPECT_EQ(verdict["scores"]["cells"], 50);
  EXPECT_EQ(verdict["scores"]["failed"], 0);
  EXPECT_EQ(verdict["scores"]["series"].size(), 5u);
  std::set<std::string> checkpoints;
  for (const Json& series : verdict["scores"]["series"]) {
    checkpoints.insert(series["checkpoints_sha256"]);
  }
  EXPECT_EQ(checkpoints.size(), 5u) << "each series has weights of its own";
  EXPECT_GT(verdict["scores"]["signal"]["value"], 0.6) << "the models do learn these facts";
  EXPECT_LE(verdict["scores"]["signal"]["low"], verdict["scores"]["signal"]["value"]);
  EXPECT_TRUE(std::filesystem::exists(run_of("margin") / "report/index.html"));
}

TEST_F(SubmissionScores, AGroupIsOneTask) {
  ASSERT_EQ(group_.exit_code, 0) << group_.output << group_.errors;
  const Json verdict = verdict_of("group");
  EXPECT_EQ(verdict["checks"]["samples"]["documents"], 140);
  EXPECT_EQ(verdict["checks"]["samples"]["tasks"], 2);
  EXPECT_EQ(verdict["scores"]["task"], "fields");
  const Json report = parse_json(read_file(run_of("group") / "report/report.json"), "report");
  ASSERT_EQ(report["leaderboard"].size(), 1u);
  for (const char* part : {"signal", "ranking", "compliance", "total"}) {
    EXPECT_TRUE(verdict["scores"][part]["value"].is_number()) << part;
  }
  const Json total = verdict["scores"]["total"]["value"], &scores = verdict["scores"];
  EXPECT_NEAR(total.get<double>(),
              0.5 * scores["signal"]["value"].get<double>() +
                  0.1 * scores["ranking"]["value"].get<double>() +
                  0.4 * scores["compliance"]["value"].get<double>(),
              1e-12);
}

TEST_F(SubmissionScores, AgainNothingIsComputedAndTheVerdictIsTheSame) {
  const std::string before = read_file(run_of("group") / "verdict.json");
  const ProgramResult again = score("group", kEarlyOrder);
  EXPECT_EQ(again.exit_code, 0);
  EXPECT_EQ(again.output, group_.output);
  EXPECT_EQ(read_file(run_of("group") / "verdict.json"), before);
}

// Cells that the store of a run says are done; 0 while there is none.
int64_t done_cells(const Path& run) {
  if (!std::filesystem::exists(run / "store.sqlite")) return 0;
  const Store store = Store::open_existing(run / "store.sqlite");
  int64_t done = 0;
  for (const auto& [key, cell] : store.cells()) done += cell.state == Store::State::done;
  return done;
}

TEST_F(SubmissionScores, KilledAtAnyMomentItGoesOnToTheSameVerdict) {
  const std::string expected = read_file(run_of("group") / "verdict.json");
  const Path temporary = *scratch_ / "temporary";
  std::filesystem::create_directories(temporary);
  ProgramCall call{.arguments = {"submission", "score", "group.zip", "--series", "series.yaml",
                                 "--draws", "100", "-o", "killed", "--quiet"},
                   .folder = scratch_->folder(),
                   .environment = kNoJudge};
  call.arguments.insert(call.arguments.end(), kEarlyOrder.begin(), kEarlyOrder.end());
  call.environment["TMPDIR"] = temporary;
  std::mt19937 random(7);
  int stopped = 0;
  int64_t done = 0;
  ProgramResult result;
  // The time given grows, so that a busy machine gets through too.
  for (int given = 1; result.exit_code != 0; ++given) {
    // One that is killed while it ends leaves a verdict, and whoever goes on from there keeps it.
    const bool had_verdict = std::filesystem::exists(*scratch_ / "killed/verdict.json");
    Program program(call);
    std::this_thread::sleep_for(std::chrono::milliseconds(20 + random() % (150 * given)));
    const int signal = given % 2 == 0 ? SIGKILL : SIGTERM;
    program.signal(signal);
    result = program.wait();
    const int64_t now = done_cells(*scratch_ / "killed");
    EXPECT_GE(now, done) << "what was computed is kept";
    done = now;
    if (result.exit_code == 0) break;
    ++stopped;
    // A signal before the program listens for it ends it at once.
    if (signal == SIGKILL || result.exit_code == -SIGTERM) {
      ASSERT_EQ(result.exit_code, -signal) << result.errors;
      continue;
    }
    ASSERT_EQ(result.exit_code, 130) << result.errors;
    EXPECT_THAT(result.errors, HasSubstr("what was computed is kept"));
    EXPECT_EQ(std::filesystem::exists(*scratch_ / "killed/verdict.json"), had_verdict);
    EXPECT_THAT(list_folder(temporary), testing::IsEmpty())
        << "nor what the killed one before left";
  }
  EXPECT_GT(stopped, 0);
  EXPECT_EQ(read_file(*scratch_ / "killed/verdict.json"), expected);
  EXPECT_EQ(result.output, group_.output);
  EXPECT_THAT(list_folder(temporary), testing::IsEmpty());
}

TEST_F(SubmissionScores, TheTokenIsInNoFileAndNoOutput) {
  EXPECT_THAT(margin_.output + margin_.errors, Not(HasSubstr(kToken)));
  for (const auto& entry : std::filesystem::recursive_directory_iterator(*scratch_ / "runs")) {
    if (!entry.is_regular_file()) continue;
    EXPECT_THAT(read_file(entry.path()), Not(HasSubstr(kToken))) << entry.path();
  }
}

TEST_F(SubmissionScores, LeaderboardInEveryFormat) {
  SubmissionFiles bad;
  bad.test.resize(20);
  bad.write_zip(*scratch_ / "bad.zip");
  const ProgramResult invalid = score("bad", {});
  EXPECT_EQ(invalid.exit_code, 1);
  EXPECT_EQ(verdict_of("bad")["scores"], nullptr) << "what is invalid is not scored";
  const auto board = [&](const std::string& format) {
    const ProgramResult result =
        run_program({.arguments = {"submission", "leaderboard", run_of("bad"), run_of("group"),
                                   run_of("margin") / "verdict.json", "--format", format}});
    EXPECT_EQ(result.exit_code, 0) << result.errors;
    return result.output;
  };
  const std::string text = board("text");
  EXPECT_THAT(text, HasSubstr("Not ranked:"));
  EXPECT_THAT(text, HasSubstr("samples: has 20 samples"));
  EXPECT_LT(text.find("margin"), text.find("bad"));
  EXPECT_THAT(board("markdown"), HasSubstr("| bad | invalid |"));
  EXPECT_THAT(board("csv"), HasSubstr("submission,task,metric,status,total,total.low"));
  const Json json = parse_json(board("json"), "leaderboard");
  ASSERT_EQ(json["ranked"].size(), 2u);
  EXPECT_GE(json["ranked"][0]["total"]["value"], json["ranked"][1]["total"]["value"]);
  EXPECT_EQ(json["ranked"][0]["place"], 1);
}

TEST_F(SubmissionScores, ByOtherWeightsItIsNotRankedWithThem) {
  std::filesystem::create_directory(*scratch_ / "signal");
  std::filesystem::copy_file(run_of("group") / "store.sqlite", *scratch_ / "signal/store.sqlite");
  std::vector<std::string> options = {"-o", "signal", "--weights", "1,0,0"};
  options.insert(options.end(), kEarlyOrder.begin(), kEarlyOrder.end());
  const ProgramResult otherwise = score("group", options);
  ASSERT_EQ(otherwise.exit_code, 0) << otherwise.errors;
  const ProgramResult board =
      run_program({.arguments = {"submission", "leaderboard", run_of("group"), run_of("margin"),
                                 *scratch_ / "signal", "--format", "json"}});
  ASSERT_EQ(board.exit_code, 0) << board.errors;
  const Json json = parse_json(board.output, "leaderboard");
  EXPECT_EQ(json["ranked"].size(), 2u);
  ASSERT_EQ(json["others"].size(), 1u);
  EXPECT_EQ(json["others"][0]["reasons"],
            Json({"scored otherwise: weights.signal is 1.0, of those ranked 0.5",
                  "the same submission as group"}));
}

TEST(SubmissionCommandTest, CheckPrintsAndWritesAVerdict) {
  const Scratch scratch;
  SubmissionFiles().write_zip(scratch / "e.zip");
  const auto check = [&](std::vector<std::string> options) {
    options.insert(options.begin(), {"submission", "check", "e.zip"});
    return run_program(
        {.arguments = std::move(options), .folder = scratch.folder(), .environment = kNoJudge});
  };
  const ProgramResult text = check({"--output", "v.json"});
  EXPECT_EQ(text.exit_code, 0) << text.output << text.errors;
  EXPECT_THAT(text.output, HasSubstr("e: valid\ntask stars, metric acc\n"));
  EXPECT_THAT(text.output, HasSubstr("domain: no judge was asked\n"));
  const ProgramResult json = check({"--format", "json"});
  EXPECT_EQ(json.output, read_file(scratch / "v.json"));
  EXPECT_EQ(parse_json(json.output, "verdict")["status"], "valid");
  EXPECT_FALSE(std::filesystem::exists(scratch / "runs")) << "a check leaves nothing behind";
}

TEST(SubmissionCommandTest, TemporaryFilesGoAlsoAfterFaults) {
  const Scratch scratch;
  std::filesystem::create_directory(scratch / "tmp");
  SubmissionFiles escapes;
  escapes.more_patch = added_file("lm_eval/tasks/x/../../../../out.txt", "x\n");
  escapes.write_zip(scratch / "e.zip");
  std::map<std::string, std::string> environment = kNoJudge;
  environment["TMPDIR"] = (scratch / "tmp").string();
  for (const std::string file : {"e.zip", "none.zip"}) {
    const ProgramResult result = run_program({.arguments = {"submission", "check", file},
                                              .folder = scratch.folder(),
                                              .environment = environment});
    EXPECT_EQ(result.exit_code, file == "e.zip" ? 1 : 2);
    EXPECT_TRUE(std::filesystem::is_empty(scratch / "tmp"));
  }
  EXPECT_EQ(list_folder(scratch.folder()).size(), 2u);
}

// Its own results became a part of the entry, and the next run took it for another one.
TEST(SubmissionCommandTest, NothingIsWrittenIntoAnEntry) {
  const Scratch scratch;
  TaskFiles().write(scratch, "stars");
  std::filesystem::rename(scratch / "stars/colours.yaml", scratch / "stars/task.yaml");
  const auto within = [&](std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "submission");
    return run_program(
        {.arguments = std::move(arguments), .folder = scratch / "stars", .environment = kNoJudge});
  };
  const size_t files = list_folder(scratch / "stars").size();
  for (const std::vector<std::string>& words :
       {std::vector<std::string>{"score", "."}, {"check", ".", "--output", "v.json"}}) {
    const ProgramResult result = within(words);
    EXPECT_EQ(result.exit_code, 2);
    EXPECT_THAT(result.errors, HasSubstr("lies in the entry's folder"));
  }
  EXPECT_EQ(list_folder(scratch / "stars").size(), files);
  EXPECT_THAT(within({"check", ".", "--output", "../v.json"}).output,
              testing::StartsWith("stars: invalid"))
      << "of few documents, and named after its folder";
}

TEST(SubmissionCommandTest, WrongUseIsASentence) {
  const Scratch scratch;
  SubmissionFiles().write_zip(scratch / "e.zip");
  const auto refused = [&](std::vector<std::string> arguments,
                           std::map<std::string, std::string> environment = kNoJudge) {
    arguments.insert(arguments.begin(), "submission");
    const ProgramResult result = run_program({.arguments = std::move(arguments),
                                              .folder = scratch.folder(),
                                              .environment = std::move(environment)});
    EXPECT_EQ(result.exit_code, 2) << result.output;
    EXPECT_EQ(result.output, "");
    return result.errors;
  };
  EXPECT_THAT(refused({"judge", "e.zip"}), HasSubstr("check, score or leaderboard"));
  EXPECT_THAT(refused({"check"}), HasSubstr("one file or folder is to be named"));
  EXPECT_THAT(refused({"check", "none.zip"}), HasSubstr("no such file"));
  EXPECT_THAT(refused({"check", "e.zip", "--native", "x"}), HasSubstr("FUNCTION=METRIC"));
  EXPECT_THAT(refused({"check", "e.zip", "--most-share", "2"}), HasSubstr("--most-share"));
  EXPECT_THAT(refused({"check", "e.zip", "--against", "none.txt"}), HasSubstr("none.txt"));
  EXPECT_THAT(refused({"score", "e.zip", "--series", "none.yaml"}), HasSubstr("none.yaml"));
  EXPECT_THAT(refused({"leaderboard"}), HasSubstr("names no verdict"));
  EXPECT_THAT(refused({"leaderboard", "e.zip", "--weights", "1,0,0"}),
              HasSubstr("--weights: means nothing to `submission leaderboard`"));
  EXPECT_THAT(refused({"leaderboard", "e.zip", "--most-share", "1"}), HasSubstr("means nothing"));
  EXPECT_THAT(refused({"check", "e.zip", "--series", "none.yaml"}),
              HasSubstr("--series: means nothing to `submission check` (expected it at"));
  EXPECT_THAT(refused({"leaderboard", "e.zip"}), HasSubstr("e.zip"));
  EXPECT_THAT(refused({"check", "e.zip"}, {{"E2LM_JUDGE_URL", "http://localhost:1"}}),
              HasSubstr("E2LM_JUDGE_MODEL"));
  EXPECT_THAT(refused({"check", "e.zip", "--judge-items", "0"},
                      {{"E2LM_JUDGE_URL", "http://localhost:1"}, {"E2LM_JUDGE_MODEL", "m"}}),
              HasSubstr("above 0, or all"));
}

TEST(SubmissionCommandTest, AJudgeIsAskedWhereTheEnvironmentNamesOne) {
  HttpServer server([](const ServedRequest&) -> ServedReply {
    return {.body = R"({"choices": [{"message": {"content": "Accept"}}]})"};
  });
  const Scratch scratch;
  SubmissionFiles().write_zip(scratch / "e.zip");
  const std::map<std::string, std::string> environment = {{"E2LM_JUDGE_URL", server.url("/v1")},
                                                          {"E2LM_JUDGE_MODEL", "wise"},
                                                          {"E2LM_JUDGE_KEY", "sk-secret"},
                                                          {"E2LM_JUDGE_PRICE", "2.5,10"}};
  const ProgramResult result =
      run_program({.arguments = {"submission", "check", "e.zip", "--judge-items", "7"},
                   .folder = scratch.folder(),
                   .environment = environment});
  EXPECT_EQ(result.exit_code, 0) << result.output << result.errors;
  EXPECT_THAT(result.output, HasSubstr("wise accepts 7 of 7 items"));
  EXPECT_THAT(result.errors, HasSubstr("7 items to ask"));
  EXPECT_THAT(result.errors, HasSubstr("about $"));
  EXPECT_THAT(result.output + result.errors, Not(HasSubstr("sk-secret")));
  EXPECT_EQ(server.requests().size(), 7u);
  EXPECT_EQ(list_folder(scratch / "runs/judge").size(), 7u);
}

TEST(SubmissionCommandTest, APlaceForTemporaryFilesThatIsNotThereIsNamed) {
  const Scratch scratch;
  SubmissionFiles().write_zip(scratch / "e.zip");
  const ProgramResult result = run_program({.arguments = {"submission", "check", "e.zip"},
                                            .folder = scratch.folder(),
                                            .environment = {{"TMPDIR", "/not/there"}}});
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_THAT(result.errors, HasSubstr("TMPDIR=/not/there: is no folder: No such file"));
}

}  // namespace
}  // namespace e2lm
