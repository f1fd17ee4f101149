// `e2lm fetch --tasks` from a data set's own files: layouts, faults, and the fall back from rows.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness/hub/cache.h"
#include "tests/support/made_hub.h"
#include "tests/support/packed.h"
#include "tests/support/program.h"
#include "tests/support/scratch.h"

namespace e2lm {
namespace {

using testing::HasSubstr;
using testing::Not;

namespace fs = std::filesystem;

constexpr const char* kRepo = "datasets/org/sums";

class OwnFilesTest : public testing::Test {
 protected:
  OwnFilesTest() {
    hub_.instead = [this](const ServedRequest& request) { return answer(request); };
    write_task("");
  }

  // A rows server that does not show the data set.
  std::optional<ServedReply> answer(const ServedRequest& request) {
    if (fault_) {
      if (auto reply = fault_(request)) return reply;
    }
    if (request.path() != "/splits") return {};
    ++asked_rows_;
    return ServedReply{.status = 404,
                       .headers = {{"X-Error-Code", "DisabledViewerError"}},
                       .body = R"({"error": "The dataset viewer is disabled."})"};
  }

  void write_task(const std::string& more, const std::string& split = "test") {
    scratch_.write("sums.yaml", "task: sums\ndataset_path: org/sums\ntest_split: " + split +
                                    "\noutput_type: multiple_choice\n"
                                    "doc_to_text: \"{{question}}\"\n"
                                    "doc_to_choice: [\"no\", \"yes\"]\ndoc_to_target: label\n" +
                                    more);
  }

  static std::string lines(int first, int last) {
    std::string text;
    for (int i = first; i < last; ++i) {
      text += "{\"question\": \"é " + std::to_string(i) +
              "\", \"label\": " + std::to_string(i % 2) + "}\n";
    }
    return text;
  }

  void add(const std::string& path, const std::string& bytes, bool large = false) {
    hub_.add(kRepo, "main", path, bytes, large);
  }

  ProgramCall call(std::vector<std::string> words) {
    auto environment = hub_.environment(scratch_ / "hf");
    environment["E2LM_DATA"] = (scratch_ / "data").string();
    return {.arguments = std::move(words), .folder = scratch_.folder(), .environment = environment};
  }
  ProgramResult fetch(const std::string& from = "files") {
    return run_program(call({"fetch", "-q", "--tasks", "sums.yaml", "--data-from", from}));
  }
  ProgramResult prompts() { return run_program(call({"prompts", "sums.yaml"})); }

  // What is wrong, of a fetch that fails and leaves nothing.
  std::string failure(const std::string& from = "files") {
    const ProgramResult result = fetch(from);
    EXPECT_EQ(result.exit_code, 1) << result.output << result.errors;
    EXPECT_FALSE(fs::exists(folder_ / "test.jsonl") || fs::exists(folder_ / "test"));
    return result.output;
  }

  Scratch scratch_;
  MadeHub hub_;
  Path folder_ = scratch_ / "data/org/sums";
  std::function<std::optional<ServedReply>(const ServedRequest&)> fault_;
  int asked_rows_ = 0;
};

TEST_F(OwnFilesTest, JsonLinesArriveByteByByteAndTasksFindThem) {
  add("README.md", "# Sums\n");
  add("data/train.jsonl", lines(0, 3));
  add("data/test.jsonl", lines(0, 250), true);
  const ProgramResult fetched = fetch();
  EXPECT_EQ(fetched.exit_code, 0) << fetched.output << fetched.errors;
  EXPECT_THAT(fetched.output, HasSubstr("test.jsonl: 250 rows"));
  EXPECT_EQ(asked_rows_, 0);
  EXPECT_EQ(read_file(folder_ / "test.jsonl"), lines(0, 250));
  EXPECT_EQ(prompts().exit_code, 0);
  EXPECT_THAT(fetch().output, HasSubstr("Nothing to fetch"));
  EXPECT_EQ(hub_.sent("data/train.jsonl"), 0) << "only what is asked for";
  const HubCache cache(scratch_ / "hf/hub");
  const Path repo = scratch_ / "hf/hub/datasets--org--sums";
  const std::string commit = MadeHub::commit_of(kRepo, "main");
  EXPECT_EQ(read_file(repo / "snapshots" / commit / "data/test.jsonl"), lines(0, 250));
  EXPECT_EQ(read_file(repo / "refs/main"), commit);
}

TEST_F(OwnFilesTest, EveryFormatGivesTheSameRequests) {
  const std::string csv = "question,label\n\"é, 0\",0\n\"é, 1\",1\n";
  const std::string tsv = "question\tlabel\n\"é, 0\"\t0\n\"é, 1\"\t1\n";
  const std::string rows =
      "{\"question\": \"é, 0\", \"label\": 0}\n{\"question\": \"é, 1\", \"label\": 1}\n";
  const std::string list =
      "[{\"question\": \"é, 0\", \"label\": 0},\n {\"question\": \"é, 1\", \"label\": 1}]";
  const std::vector<std::pair<std::string, std::string>> files = {
      {"test.jsonl", rows},
      {"test.ndjson", rows},
      {"test.json", rows},
      {"test.json", list},
      {"test.csv", csv},
      {"test.tsv", tsv},
      {"test.jsonl.gz", packed(rows, "gzip")},
      {"test.csv.bz2", packed(csv, "bzip2")},
      {"test.json.xz", packed(list, "xz")},
      {"test.tsv.zst", packed(tsv, "zstd")},
      {"test.zip", zipped({{"in/rows.jsonl", rows}, {"in/LICENSE", "free"}})},
      {"test.csv.zip", zipped({{"rows.csv", csv}})}};
  std::string first;
  for (const auto& [name, bytes] : files) {
    const Scratch home;
    MadeHub hub;
    hub.add(kRepo, "main", name, bytes, name.size() % 2 == 0);
    auto environment = hub.environment(home / "hf");
    environment["E2LM_DATA"] = (home / "data").string();
    const auto run = [&](std::vector<std::string> words) {
      return run_program(
          {.arguments = std::move(words), .folder = scratch_.folder(), .environment = environment});
    };
    const ProgramResult fetched =
        run({"fetch", "-q", "--tasks", "sums.yaml", "--data-from", "files"});
    EXPECT_THAT(fetched.output, HasSubstr(": 2 rows")) << name << fetched.errors;
    const ProgramResult result = run({"prompts", "sums.yaml"});
    EXPECT_EQ(result.exit_code, 0) << name << result.errors;
    if (first.empty()) first = result.output;
    EXPECT_THAT(first, HasSubstr("é, 1"));
    EXPECT_EQ(result.output, first) << name;
  }
}

TEST_F(OwnFilesTest, SeveralFilesAppearAtOnceInAFolder) {
  write_task("", "dev1");
  add("data/dev1-00000-of-00002.jsonl", lines(0, 2));
  add("data/dev1-00001-of-00002.jsonl", lines(2, 5));
  const ProgramResult fetched = fetch();
  EXPECT_THAT(fetched.output, HasSubstr("dev1: 5 rows")) << fetched.errors;
  EXPECT_EQ(read_file(folder_ / "dev1/00001.jsonl"), lines(2, 5));
  const std::string found = prompts().output;
  EXPECT_LT(found.find("é 0"), found.find("é 4"));
  EXPECT_THAT(fetch().output, HasSubstr("Nothing to fetch"));
}

TEST_F(OwnFilesTest, ConfigurationsOfTheReadme) {
  add("README.md",
      "---\nconfigs:\n- config_name: easy\n  data_files:\n  - {split: test, path: e/*.csv}\n"
      "- config_name: hard\n  data_dir: h\n  sep: ';'\n---\n");
  add("e/0.csv", "question,label\nsmall,1\n");
  add("h/test.csv", "question;label\nlarge;1\n");
  EXPECT_THAT(failure(), HasSubstr("dataset_name: easy, hard"));
  write_task("dataset_name: easy\n");
  EXPECT_THAT(fetch().output, HasSubstr("easy/test.csv: 1 rows"));
  EXPECT_THAT(prompts().output, HasSubstr("small"));
  write_task("dataset_name: hard\n");
  EXPECT_THAT(failure(), HasSubstr("dataset_kwargs: {sep: \";\"}"));
  write_task("dataset_name: hard\ndataset_kwargs: {sep: ';'}\n");
  EXPECT_THAT(fetch().output, HasSubstr("hard/test.csv: 1 rows"));
  EXPECT_THAT(prompts().output, HasSubstr("large"));
}

TEST_F(OwnFilesTest, TheTaskNamesFilesRevisionAndField) {
  hub_.add(kRepo, "v2", "x/all.json", "{\"version\": 2, \"data\": [" + lines(7, 8) + "]}", false);
  add("x/all.json", "{}");
  write_task("dataset_kwargs:\n  data_files: {test: x/*.json}\n  revision: v2\n  field: data\n");
  const ProgramResult fetched = fetch("auto");
  EXPECT_THAT(fetched.output, HasSubstr("test.json: 1 rows")) << fetched.errors;
  EXPECT_EQ(asked_rows_, 0) << "the rows server knows of no data_files";
  EXPECT_THAT(prompts().output, HasSubstr("é 7"));
  fs::remove_all(folder_);
  EXPECT_THAT(failure("rows"), HasSubstr("--data-from files"));
}

TEST_F(OwnFilesTest, FallsBackFromRowsAndSaysSo) {
  add("test.jsonl", lines(0, 4));
  const ProgramResult fetched = fetch("auto");
  EXPECT_EQ(fetched.exit_code, 0) << fetched.output;
  EXPECT_EQ(asked_rows_, 1);
  EXPECT_THAT(fetched.errors, HasSubstr("No rows: the split 'test' of org/sums"));
  EXPECT_THAT(fetched.errors, HasSubstr("The dataset viewer is disabled."));
  EXPECT_THAT(fetched.errors, HasSubstr("Taking the data set's own files."));
  EXPECT_EQ(read_file(folder_ / "test.jsonl"), lines(0, 4));
  fs::remove_all(folder_);
  EXPECT_THAT(failure("rows"), HasSubstr("expected --data-from files"));
}

TEST_F(OwnFilesTest, WhatIsNotReadIsNamed) {
  add("data/test-00000-of-00002.parquet", "PAR1");
  add("data/test-00001-of-00002.parquet", "PAR1");
  const std::string parquet = failure();
  EXPECT_THAT(parquet, HasSubstr("Parquet, which is not read: data/test-00000-of-00002.parquet"));
  EXPECT_THAT(parquet, HasSubstr("tools/parquet_to_jsonl.py"));
  EXPECT_EQ(hub_.sent(".parquet"), 0);

  hub_.add("datasets/org/program", "main", "program.py", "import datasets", false);
  hub_.add("datasets/org/program", "main", "test.jsonl", lines(0, 1), false);
  write_task("dataset_path: org/program\n");
  std::string yaml = read_file(scratch_ / "sums.yaml");
  yaml.erase(yaml.find("dataset_path: org/sums\n"), 23);
  scratch_.write("sums.yaml", yaml);
  EXPECT_THAT(failure(), HasSubstr("is a Python program (program.py)"));
  EXPECT_THAT(failure("auto"), HasSubstr("and no rows:"));
}

TEST_F(OwnFilesTest, DamagedRowsAreToldByTheDataSetsOwnNames) {
  add("data/test.jsonl", lines(0, 2) + "{\"question\": \n");
  EXPECT_THAT(failure(), HasSubstr("data/test.jsonl:3"));
  fs::remove_all(scratch_ / "hf");
  add("data/test.jsonl", "");
  EXPECT_THAT(failure(), HasSubstr("has no rows"));
  EXPECT_TRUE(std::all_of(fs::directory_iterator(folder_), {},
                          [](const auto& entry) { return entry.path().extension() == ".lock"; }));
}

TEST_F(OwnFilesTest, GatedAndPrivateOnes) {
  add("test.jsonl", lines(0, 4));
  hub_.token = "hf_s3cr3t";
  const ProgramResult allowed = fetch();
  EXPECT_EQ(allowed.exit_code, 0) << allowed.output;
  fs::remove_all(folder_);
  fs::remove_all(scratch_ / "hf");
  fault_ = [](const ServedRequest& request) -> std::optional<ServedReply> {
    if (request.path().find("/api/") == std::string::npos) return {};
    return ServedReply{.status = 403, .headers = {{"X-Error-Code", "GatedRepo"}}};
  };
  const ProgramResult refused = fetch("auto");
  EXPECT_EQ(refused.exit_code, 1);
  EXPECT_THAT(refused.output, HasSubstr("is gated"));
  for (const ProgramResult& result : {allowed, refused}) {
    EXPECT_THAT(result.output + result.errors, Not(HasSubstr("s3cr3t")));
  }
  for (const auto& entry : fs::recursive_directory_iterator(scratch_.folder())) {
    if (!entry.is_regular_file()) continue;
    EXPECT_THAT(read_file(entry.path()), Not(HasSubstr("s3cr3t"))) << entry.path();
  }
  for (const ServedRequest& request : hub_.store().requests()) {
    EXPECT_EQ(request.header("authorization"), "");
  }
}

// The large file's server misbehaves once.
TEST_F(OwnFilesTest, BrokenLinesAndWrongBytesAreTriedAgain) {
  const std::string rows = lines(0, 2000);
  add("test.jsonl", rows, true);
  std::string damaged = rows;
  damaged[100] ^= 1;
  const std::vector<ServedReply> faults = {
      {.body = rows, .cut_after = 5000},
      {.body = damaged},
      {.body = rows.substr(0, 5000), .stated_length = static_cast<int64_t>(rows.size())},
      {.status = 429, .headers = {{"Retry-After", "0"}}},
      {.status = 503}};
  for (const ServedReply& fault : faults) {
    int asked = 0;
    hub_.instead_of_store = [&](const ServedRequest&) -> std::optional<ServedReply> {
      return asked++ == 0 ? std::optional(fault) : std::nullopt;
    };
    const ProgramResult result = fetch();
    EXPECT_EQ(result.exit_code, 0) << fault.status << result.output;
    EXPECT_GE(asked, 2);
    EXPECT_EQ(read_file(folder_ / "test.jsonl"), rows);
    fs::remove_all(folder_);
    fs::remove_all(scratch_ / "hf");
  }
  hub_.instead_of_store = [&](const ServedRequest&) { return ServedReply{.body = damaged}; };
  EXPECT_THAT(failure(), HasSubstr("the server sends other bytes"));
}

TEST_F(OwnFilesTest, AKilledFetchIsGoneOnWith) {
  const std::string rows = lines(0, 5000);
  const std::string hash = hub_.add(kRepo, "main", "test.jsonl", rows, true);
  hub_.instead_of_store = [&](const ServedRequest&) {
    return ServedReply{.body = rows, .stall_after = 60'000};
  };
  const Path begun = scratch_ / "hf/hub/datasets--org--sums/blobs" / (hash + ".incomplete");
  {
    Program program(call({"fetch", "-q", "--tasks", "sums.yaml", "--data-from", "files"}));
    std::error_code absent;
    while (fs::file_size(begun, absent) != 60'000) ::usleep(2000);
    program.signal(SIGKILL);
    EXPECT_EQ(program.wait().exit_code, -SIGKILL);
  }
  fs::create_directories(folder_ / ".test.0123.part/test");
  scratch_.write("data/org/sums/.test.0123.part/test/00000.jsonl", "half");
  std::string range;
  hub_.instead_of_store = [&](const ServedRequest& request) -> std::optional<ServedReply> {
    range = request.header("range");
    return {};
  };
  EXPECT_EQ(fetch().exit_code, 0);
  EXPECT_EQ(range, "bytes=60000-");
  EXPECT_EQ(read_file(folder_ / "test.jsonl"), rows);
  EXPECT_FALSE(fs::exists(folder_ / ".test.0123.part"));
}

TEST_F(OwnFilesTest, TwoProgramsAtOnceDownloadOnce) {
  add("test.jsonl", lines(0, 3000), true);
  const std::vector<std::string> words = {"fetch",     "-q",          "--tasks",
                                          "sums.yaml", "--data-from", "files"};
  Program one(call(words)), two(call(words));
  const ProgramResult first = one.wait(), second = two.wait();
  EXPECT_EQ(first.exit_code, 0) << first.output;
  EXPECT_EQ(second.exit_code, 0) << second.output;
  EXPECT_EQ(hub_.store().requests().size(), 1u);
  EXPECT_EQ(read_file(folder_ / "test.jsonl"), lines(0, 3000));
}

TEST_F(OwnFilesTest, TwoTasksThatMeanDifferentDataAreRefused) {
  add("a.jsonl", lines(0, 1));
  write_task("dataset_kwargs: {data_files: {test: a.jsonl}}\n");
  std::string other = read_file(scratch_ / "sums.yaml");
  other.replace(other.find("a.jsonl"), 7, "b.jsonl");
  other.replace(other.find("task: sums"), 10, "task: more");
  scratch_.write("more.yaml", other);
  const ProgramResult result = run_program(call({"fetch", "-q", "--tasks", "sums.yaml,more.yaml"}));
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_THAT(result.errors, HasSubstr("is to hold different data for two tasks"));
}

TEST_F(OwnFilesTest, WordsForTheWayAreChecked) {
  const ProgramResult result = fetch("elsewhere");
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_THAT(result.errors, HasSubstr("auto, rows or files"));
}

}  // namespace
}  // namespace e2lm
