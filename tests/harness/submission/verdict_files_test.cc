// The files verdict.json that `e2lm submission` leaves: whose they are, and that they repeat.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "base/json.h"
#include "harness/submission/scratch_folder.h"
#include "tests/support/http_server.h"
#include "tests/support/program.h"
#include "tests/support/scratch.h"
#include "tests/support/submission_files.h"

namespace e2lm {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

constexpr const char* kAcc = "task_name: stars\ntask_metric: acc,none\n";

// Entries of too few samples: they get a verdict, and no checkpoint is asked about them.
class VerdictFiles : public testing::Test {
 protected:
  void write_entry(const std::string& name, int samples, const std::string& metadata = kAcc) const {
    SubmissionFiles files;
    files.test.resize(samples);
    files.metadata = metadata;
    std::filesystem::create_directories((scratch_ / name).parent_path());
    files.write_zip(scratch_ / name);
  }

  ProgramResult run(std::vector<std::string> words) const {
    words.insert(words.begin(), "submission");
    return run_program(
        {.arguments = std::move(words), .folder = scratch_.folder(), .environment = environment_});
  }

  // Runs what is to be refused before anything is done.
  std::string refused(std::vector<std::string> words) const {
    const ProgramResult result = run(std::move(words));
    EXPECT_EQ(result.exit_code, 2) << result.output;
    EXPECT_EQ(result.output, "");
    return result.errors;
  }

  Json verdict(const std::string& folder) const {
    return parse_json(read_file(scratch_ / folder / "verdict.json"), folder);
  }

  Scratch scratch_;
  std::map<std::string, std::string> environment_ = {{"E2LM_JUDGE_URL", ""}};
};

// Each looks for what killed programs left, and meets the others' new folders.
TEST(ScratchFolderTest, ManyAreMadeAtOnce) {
  std::vector<std::thread> programs;
  std::atomic<int> made = 0;
  for (int p = 0; p < 4; ++p) {
    programs.emplace_back([&] {
      for (int i = 0; i < 300; ++i) {
        try {
          const submission::ScratchFolder folder;
          made += std::filesystem::is_directory(folder.path()) ? 1 : 0;
        } catch (const std::exception& error) {
          ADD_FAILURE() << error.what();
        }
      }
    });
  }
  for (std::thread& program : programs) program.join();
  EXPECT_EQ(made, 1200);
}

TEST_F(VerdictFiles, AnEntryOfTheSameNameIsNotWrittenOver) {
  write_entry("a/entry.zip", 20);
  write_entry("b/entry.zip", 30);
  EXPECT_EQ(run({"score", "a/entry.zip"}).exit_code, 1);
  const std::string before = read_file(scratch_ / "runs/submissions/entry/verdict.json");
  const std::string sha256 = verdict("runs/submissions/entry")["submission"]["sha256"];
  EXPECT_EQ(run({"score", "b/entry.zip", "-o", "second"}).exit_code, 1);
  const std::string other = verdict("second")["submission"]["sha256"];
  EXPECT_THAT(
      refused({"score", "b/entry.zip"}),
      AllOf(HasSubstr("runs/submissions/entry: holds the verdict on another submission, entry "
                      "(sha256 " +
                      sha256.substr(0, 12) + ", task stars, metric acc)"),
            HasSubstr("b/entry.zip (sha256 " + other.substr(0, 12)), HasSubstr("-o DIR")));
  EXPECT_THAT(refused({"score", "a/entry.zip", "-o", "second"}), HasSubstr("second: holds"));
  EXPECT_EQ(read_file(scratch_ / "runs/submissions/entry/verdict.json"), before);
  const ProgramResult again = run({"score", "a/entry.zip"});
  EXPECT_EQ(again.exit_code, 1) << "the very same entry goes on: " << again.errors;
  EXPECT_EQ(read_file(scratch_ / "runs/submissions/entry/verdict.json"), before);
}

TEST_F(VerdictFiles, AFolderAndAnArchiveOfOneNameAreTwoEntries) {
  SubmissionFiles files;
  files.test.resize(20);
  files.write_folder(scratch_ / "good");
  write_entry("good.zip", 20);
  EXPECT_EQ(run({"score", "good"}).exit_code, 1);
  EXPECT_THAT(refused({"score", "good.zip"}), HasSubstr("holds the verdict on another submission"));
  EXPECT_EQ(verdict("runs/submissions/good")["submission"]["form"], "folder");
}

// sha256 leaves out metadata.yaml, for the token's sake; the metric counts all the same.
TEST_F(VerdictFiles, TheSameFilesByAnotherMetricAreAnotherEntry) {
  write_entry("a/entry.zip", 20);
  write_entry("b/entry.zip", 20, "task_name: stars\ntask_metric: acc_norm,none\n");
  write_entry("c/entry.zip", 20, std::string(kAcc) + "hf_token: hf_SecretSecret123\n");
  EXPECT_EQ(run({"score", "a/entry.zip"}).exit_code, 1);
  EXPECT_THAT(refused({"score", "b/entry.zip"}), HasSubstr("task stars, metric acc_norm) would"));
  EXPECT_EQ(run({"score", "c/entry.zip"}).exit_code, 1) << "a token makes no other entry";
}

TEST_F(VerdictFiles, ARefusedEntryCostsNothing) {
  HttpServer server([](const ServedRequest&) -> ServedReply {
    return {.body = R"({"choices": [{"message": {"content": "Accept"}}]})"};
  });
  write_entry("a/entry.zip", 20);
  write_entry("b/entry.zip", 120);
  EXPECT_EQ(run({"score", "a/entry.zip"}).exit_code, 1);
  environment_ = {{"E2LM_JUDGE_URL", server.url("/v1")}, {"E2LM_JUDGE_MODEL", "wise"}};
  refused({"score", "b/entry.zip"});
  EXPECT_TRUE(server.requests().empty()) << "the judge was asked";
  EXPECT_EQ(list_folder(scratch_ / "runs/submissions/entry").size(), 1u) << "a store was made";
}

TEST_F(VerdictFiles, AStoppedRunLeavesTheLeaderboardWhole) {
  write_entry("entry.zip", 20);
  EXPECT_EQ(run({"score", "entry.zip"}).exit_code, 1);
  scratch_.write("runs/submissions/stopped/store.sqlite", "");
  const ProgramResult board =
      run({"leaderboard", "runs/submissions/entry", "runs/submissions/stopped"});
  EXPECT_EQ(board.exit_code, 0) << board.errors;
  EXPECT_THAT(board.output, HasSubstr("samples: has 20 samples"));
  EXPECT_THAT(board.output,
              HasSubstr("no verdict yet: `e2lm submission score` goes on where it stopped"));
}

// The scratch folder's name is another one each time, so it may stand in no text.
TEST_F(VerdictFiles, FaultsNameNoScratchFolder) {
  const auto faulty = [&](const std::string& name, const std::string& from, const std::string& to) {
    SubmissionFiles files;
    files.yaml.replace(files.yaml.find(from), from.size(), to);
    files.write_folder(scratch_ / name);
  };
  const std::map<std::string, std::string> expected = {
      {"include", "task.yaml:1: includes ../good/task.yaml, which is outside of the submission"},
      {"missing", "task.yaml:1: includes base.yaml"},
      {"split", ".: the task's data have no split 'best'"},
      {"data", "none.jsonl"},
      {"yaml", "task.yaml:"}};
  faulty("include", "task: stars\n", "include: ../good/task.yaml\ntask: stars\n");
  faulty("missing", "task: stars\n", "include: base.yaml\ntask: stars\n");
  faulty("split", "test_split: test", "test_split: best");
  faulty("data", "test.jsonl", "none.jsonl");
  faulty("yaml", "task: stars\n", "task: [\n");
  for (const auto& [name, text] : expected) {
    EXPECT_EQ(run({"check", name, "-o", name + ".1.json"}).exit_code, 1) << name;
    EXPECT_EQ(run({"check", name, "-o", name + ".2.json"}).exit_code, 1) << name;
    const std::string verdict = read_file(scratch_ / (name + ".1.json"));
    EXPECT_EQ(read_file(scratch_ / (name + ".2.json")), verdict);
    EXPECT_THAT(verdict, AllOf(HasSubstr(text), Not(HasSubstr("e2lm-submission-"))));
  }
}

}  // namespace
}  // namespace e2lm
