// `e2lm merge` and `e2lm dump`.

#include <gtest/gtest.h>

#include "base/json.h"
#include "harness/store/store.h"
#include "tests/support/made_store.h"
#include "tests/support/program.h"
#include "tests/support/run_folder.h"
#include "tests/support/scratch.h"

namespace e2lm {
namespace {

class MergeCommandTest : public testing::Test {
 protected:
  static ProgramResult run(std::vector<std::string> words) {
    return run_program({.arguments = std::move(words)});
  }

  Scratch scratch_;
};

TEST_F(MergeCommandTest, MergesReportsAndTellsFailedCells) {
  make_store(scratch_ / "shards/a/store.sqlite");
  make_store(scratch_ / "shards/b/store.sqlite");
  Store::open(scratch_ / "shards/b/store.sqlite")
      .database()
      .run("DELETE FROM block WHERE cell > 20; DELETE FROM cell WHERE id > 20");
  const Path verdict = scratch_ / "verdict.json";
  ProgramResult result =
      run({"merge", scratch_ / "shards", "-o", scratch_ / "all", "--verdict", verdict});
  EXPECT_EQ(result.exit_code, 1) << "a cell failed: " << result.errors;
  EXPECT_NE(result.output.find("Merged 2 stores"), std::string::npos) << result.output;
  EXPECT_NE(result.output.find("47 of 48 cells are done, 1 failed."), std::string::npos);
  EXPECT_TRUE(std::filesystem::exists(scratch_ / "all/report/index.html"));
  EXPECT_EQ(parse_json(read_file(verdict), "verdict"),
            Json::parse(R"({"cells":48,"done":47,"failed":1,"missing":0,"exit_code":1})"));
  EXPECT_EQ(run({"dump", scratch_ / "all"}).output, run({"dump", scratch_ / "shards/a"}).output);

  result = run({"merge", scratch_ / "shards/b", scratch_ / "absent", "--skip-absent", "-o",
                scratch_ / "part", "--no-report"});
  EXPECT_EQ(result.exit_code, 0) << result.errors;
  EXPECT_NE(result.output.find("28 have no result yet"), std::string::npos) << result.output;
  EXPECT_FALSE(std::filesystem::exists(scratch_ / "part/report"));
  EXPECT_EQ(run({"merge", scratch_ / "shards/b", "-o", scratch_ / "part", "--whole"}).exit_code, 1);
}

// Also where one of the stores was swept before they were noted.
TEST_F(MergeCommandTest, TheReportSaysHowManyExamplesPromptsHad) {
  const RunFolder folder;
  for (const char* shard : {"1", "2"}) {
    const ProgramResult swept =
        run({"sweep", folder.manifest, "--num_fewshot", "2", "--limit", "9", "-q", "--shard",
             std::string(shard) + "/2", "-o", scratch_ / "shards" / shard});
    EXPECT_EQ(swept.exit_code, 0) << swept.errors;
    EXPECT_NE(swept.output.find("\nPrompts: 2-shot.\n"), std::string::npos) << swept.output;
  }
  Store::open(scratch_ / "shards/1/store.sqlite")
      .database()
      .run("DELETE FROM meta WHERE key = 'num_fewshot'");
  const ProgramResult old = run({"score", scratch_ / "shards/1"});
  EXPECT_EQ(old.output.find("Prompts:"), std::string::npos) << old.output;
  const ProgramResult merged = run({"merge", scratch_ / "shards", "-o", scratch_ / "all"});
  EXPECT_EQ(merged.exit_code, 0) << merged.errors;
  EXPECT_NE(merged.output.find("\nPrompts: 2-shot.\n"), std::string::npos) << merged.output;
}

TEST_F(MergeCommandTest, ImportedScoresAreCounted) {
  for (const char* name : {"a", "b"}) {
    const Path table = scratch_.write(
        std::string(name) + ".csv", "series,step,task,value\n" + std::string(name) + ",1,t,0.5\n");
    EXPECT_EQ(run({"import", table, "--store", scratch_ / "runs" / name}).exit_code, 0);
  }
  const ProgramResult merged = run({"merge", scratch_ / "runs", "-o", scratch_ / "all"});
  EXPECT_NE(merged.output.find("0 cells and 0 scores are new, and 2 imported ones."),
            std::string::npos)
      << merged.output << merged.errors;
  EXPECT_NE(run({"merge", scratch_ / "runs", "-o", scratch_ / "all"}).output.find("are new.\n"),
            std::string::npos)
      << "nothing of it again";
}

// Of shards that met a full disk or were killed at their start there is no store, or an empty one.
TEST_F(MergeCommandTest, ShardsThatOnlyBeganArePassedOver) {
  make_store(scratch_ / "shards/a/store.sqlite");
  std::filesystem::create_directories(scratch_ / "shards/b");
  write_file(scratch_ / "shards/c/store.sqlite", "");
  Database::open(scratch_ / "shards/d.sqlite", Database::Mode::create)
      .run("PRAGMA journal_mode = WAL");
  const std::vector<std::string> words = {"merge",
                                          scratch_ / "shards/a",
                                          scratch_ / "shards/b",
                                          scratch_ / "shards/c",
                                          scratch_ / "shards/d.sqlite",
                                          "--skip-absent",
                                          "-o",
                                          scratch_ / "all"};
  const ProgramResult result = run(words);
  EXPECT_NE(result.output.find("Merged 1 store "), std::string::npos) << result.errors;
  const ProgramResult refused = run({"merge", scratch_ / "shards", "-o", scratch_ / "other"});
  EXPECT_EQ(refused.exit_code, 2) << "without the option";
  EXPECT_NE(refused.errors.find("c/store.sqlite: is empty"), std::string::npos) << refused.errors;
}

TEST_F(MergeCommandTest, WrongUseIsRefused) {
  EXPECT_EQ(run({"merge"}).exit_code, 2);
  make_store(scratch_ / "a/store.sqlite");
  EXPECT_NE(run({"merge", scratch_ / "a"}).errors.find("--output: is missing"), std::string::npos);
  const ProgramResult result = run({"merge", scratch_ / "b", "-o", scratch_ / "c"});
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_NE(result.errors.find("no such store"), std::string::npos) << result.errors;
  EXPECT_FALSE(std::filesystem::exists(scratch_ / "c/store.sqlite"));
}

TEST_F(MergeCommandTest, TheDumpDependsOnResultsAlone) {
  make_store(scratch_ / "a/store.sqlite");
  make_store(scratch_ / "b/store.sqlite");
  Store::open(scratch_ / "b/store.sqlite").database().run("UPDATE cell SET seconds = 77, rows = 5");
  Store::open(scratch_ / "b/store.sqlite").database().run("UPDATE checkpoint SET path = '/else'");
  const std::string hash = run({"dump", scratch_ / "a", "--sha256"}).output;
  EXPECT_EQ(hash.size(), 65u);
  EXPECT_EQ(run({"dump", scratch_ / "b", "--sha256"}).output, hash);
  Store::open(scratch_ / "b/store.sqlite")
      .database()
      .run(
          "UPDATE block SET nats = (SELECT nats FROM block WHERE cell = 2) WHERE cell = 1;"
          "UPDATE block SET checksum = crc32(first, count, nats, counts) WHERE cell = 1");
  EXPECT_NE(run({"dump", scratch_ / "b", "--sha256"}).output, hash);
  for (const std::string& line : {run({"dump", scratch_ / "a"}).output}) {
    EXPECT_TRUE(Json::parse(line.substr(0, line.find('\n'))).contains("row"));
  }
}

}  // namespace
}  // namespace e2lm
