// `e2lm fetch --tasks` against a rows server, and Python's own library beside our cache.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness/hub/cache.h"
#include "harness/hub/fetch.h"
#include "harness/hub/task_data.h"
#include "tests/support/expect_error.h"
#include "tests/support/made_hub.h"
#include "tests/support/program.h"
#include "tests/support/scratch.h"

namespace e2lm {
namespace {

using testing::HasSubstr;
using testing::Not;

namespace fs = std::filesystem;

// A rows server with one data set of 250 rows.
class TaskDataTest : public testing::Test {
 protected:
  TaskDataTest() {
    hub_.instead = [this](const ServedRequest& request) { return answer(request); };
    scratch_.write("sums.yaml",
                   "task: sums\ndataset_path: org/sums\ntest_split: test\n"
                   "output_type: multiple_choice\ndoc_to_text: \"{{question}}\"\n"
                   "doc_to_choice: [\"no\", \"yes\"]\ndoc_to_target: label\n");
  }

  std::optional<ServedReply> answer(const ServedRequest& request) {
    const std::string path = request.path();
    if (path == "/splits") {
      Json splits = Json::array();
      for (const std::string& config : configs_) {
        for (const char* split : {"train", "test"}) {
          splits.push_back({{"dataset", "org/sums"}, {"config", config}, {"split", split}});
        }
      }
      const Json failed =
          failed_ ? Json{{{"dataset", "org/sums"}, {"config", "x"}}} : Json::array();
      return ServedReply{
          .body = Json{{"splits", splits}, {"pending", Json::array()}, {"failed", failed}}.dump()};
    }
    if (path != "/rows") return {};
    const std::string& target = request.target;
    const int offset = std::stoi(target.substr(target.find("offset=") + 7));
    EXPECT_THAT(target, HasSubstr("dataset=org%2Fsums"));
    if (offset == fails_at_) {
      return ServedReply{.status = error_.first,
                         .headers = {{"X-Error-Code", error_.second}},
                         .body = R"({"error": "The split cannot be shown."})"};
    }
    Json rows = Json::array();
    for (int i = offset; i < std::min(250, offset + 100); ++i) rows.push_back(row(i));
    Json body = {{"features", Json::array()},
                 {"rows", rows},
                 {"num_rows_total", 250},
                 {"num_rows_per_page", 100},
                 {"partial", partial_}};
    return ServedReply{.headers = {{"X-Revision", revision_}}, .body = body.dump()};
  }

  Json row(int i) const {
    return {{"row_idx", i},
            {"row",
             {{"question", revision_.substr(0, 1) + "é " + std::to_string(i)},
              {"label", i % 2},
              {"x", 0.1}}},
            {"truncated_cells", i == cut_ ? Json{"question"} : Json::array()}};
  }

  ProgramResult run(std::vector<std::string> words) {
    auto environment = hub_.environment(scratch_ / "hf");
    environment["E2LM_DATA"] = (scratch_ / "data").string();
    return run_program(
        {.arguments = std::move(words), .folder = scratch_.folder(), .environment = environment});
  }
  ProgramResult fetch() { return run({"fetch", "-q", "--tasks", "sums.yaml"}); }

  Scratch scratch_;
  MadeHub hub_;
  Path file_ = scratch_ / "data/org/sums/test.jsonl";
  std::vector<std::string> configs_ = {"default"};
  std::string revision_ = std::string(40, 'a');
  int fails_at_ = -1, cut_ = -1;
  bool partial_ = false, failed_ = false;
  std::pair<int, std::string> error_ = {404, "ResponseNotFound"};
};

int asked_rows(const MadeHub& hub) {
  const auto requests = hub.server().requests();
  return static_cast<int>(
      std::count_if(requests.begin(), requests.end(),
                    [](const ServedRequest& request) { return request.path() == "/rows"; }));
}

TEST_F(TaskDataTest, AFailureThatTheServerKeepsIsNotAskedForAgain) {
  fails_at_ = 100;
  error_ = {500, "SplitWithTooBigParquetError"};
  const ProgramResult refused = fetch();
  EXPECT_EQ(refused.exit_code, 1);
  EXPECT_THAT(refused.errors, HasSubstr("The split cannot be shown."));
  EXPECT_EQ(asked_rows(hub_), 2);
}

TEST_F(TaskDataTest, OwnFilesComeInPlaceOfRowsThatAreCut) {
  hub_.add("datasets/org/sums", "main", "test.csv", "question,label\nwhole,1\n", false);
  cut_ = 120;
  const ProgramResult fetched = fetch();
  EXPECT_EQ(fetched.exit_code, 0) << fetched.output;
  EXPECT_THAT(fetched.errors,
              HasSubstr("the server cuts row 120. Taking the data set's own files."));
  EXPECT_EQ(read_file(file_.parent_path() / "test.csv"), "question,label\nwhole,1\n");
  for (const auto& entry : fs::directory_iterator(file_.parent_path())) {
    EXPECT_NE(entry.path().extension(), ".incomplete") << "rows that nobody needs any more";
  }
}

TEST_F(TaskDataTest, AListOfSplitsThatIsNotCompleteIsNotBelieved) {
  configs_ = {"other"};
  const std::string yaml = read_file(scratch_ / "sums.yaml");
  scratch_.write("sums.yaml", yaml + "dataset_name: easy\n");
  EXPECT_THAT(fetch().output, HasSubstr("no configuration 'easy'"));
  hub_.add("datasets/org/sums", "main", "README.md",
           "---\nconfigs:\n- {config_name: easy, data_files: [{split: test, path: a.csv}]}\n---\n",
           false);
  hub_.add("datasets/org/sums", "main", "a.csv", "question,label\nwhole,1\n", false);
  failed_ = true;
  const ProgramResult fetched = fetch();
  EXPECT_EQ(fetched.exit_code, 0) << fetched.output;
  EXPECT_THAT(fetched.errors, HasSubstr("does not know all splits"));
}

TEST_F(TaskDataTest, BringsASplitThatTasksThenFind) {
  const ProgramResult before = run({"prompts", "sums.yaml"});
  EXPECT_EQ(before.exit_code, 2);
  EXPECT_THAT(before.errors, HasSubstr("`e2lm fetch --tasks NAME`"));
  const ProgramResult fetched = fetch();
  EXPECT_EQ(fetched.exit_code, 0) << fetched.errors;
  EXPECT_THAT(fetched.output, HasSubstr("test.jsonl: 250 rows"));
  std::string lines;
  for (int i = 0; i < 250; ++i) lines += row(i)["row"].dump() + "\n";
  EXPECT_EQ(read_file(file_), lines);
  EXPECT_EQ(run({"prompts", "sums.yaml"}).exit_code, 0);
  EXPECT_THAT(fetch().output, HasSubstr("Nothing to fetch"));
}

TEST_F(TaskDataTest, GoesOnWhereItWasUnlessTheDataChanged) {
  fails_at_ = 200;
  EXPECT_EQ(fetch().exit_code, 1);
  EXPECT_FALSE(fs::exists(file_));
  fails_at_ = 0;
  EXPECT_EQ(fetch().exit_code, 0) << "the first rows are not asked for again";
  EXPECT_EQ(run({"prompts", "sums.yaml"}).exit_code, 0);

  fs::remove(file_);
  fails_at_ = 100;
  fetch();
  fails_at_ = -1;
  revision_ = std::string(40, 'b');
  EXPECT_EQ(fetch().exit_code, 0);
  EXPECT_THAT(read_file(file_), Not(HasSubstr("aé"))) << "no rows of two revisions together";
}

TEST_F(TaskDataTest, SaysWhatIsWrong) {
  const auto failure = [&] {
    const ProgramResult result = fetch();
    EXPECT_EQ(result.exit_code, 1);
    EXPECT_FALSE(fs::exists(file_));
    return result.output;
  };
  cut_ = 120;
  EXPECT_THAT(failure(), HasSubstr("the server cuts row 120"));
  cut_ = -1;
  partial_ = true;
  EXPECT_THAT(failure(), HasSubstr("only a part"));
  partial_ = false;
  configs_ = {"easy", "hard"};
  EXPECT_THAT(failure(),
              HasSubstr("no configuration 'default' (expected dataset_name: easy, hard)"));
  configs_ = {"default"};
  const std::string yaml = read_file(scratch_ / "sums.yaml");
  std::string other = yaml;
  other.replace(other.find("test_split: test"), 16, "test_split: dev1");
  scratch_.write("sums.yaml", other);
  EXPECT_THAT(failure(), HasSubstr("there is no such split (expected one of: test, train)"));
}

TEST_F(TaskDataTest, NothingIsWrittenOutsideOfTheFolderOfData) {
  const std::string yaml = read_file(scratch_ / "sums.yaml");
  configs_ = {"../../../outside"};
  scratch_.write("sums.yaml", yaml + "dataset_name: ../../../outside\n");
  const ProgramResult name = fetch();
  EXPECT_EQ(name.exit_code, 2);
  EXPECT_THAT(name.errors, HasSubstr("'../../../outside' leads out of the folder of data"));
  EXPECT_FALSE(fs::exists(scratch_ / "outside"));
  scratch_.write("sums.yaml", yaml + "fewshot_split: ../../test\n");
  EXPECT_THAT(fetch().errors, HasSubstr("'../../test' leads out of the folder of data"));
}

TEST_F(TaskDataTest, ParquetNamesTheScript) {
  scratch_.write("data/org/sums/test-00000-of-00001.parquet", "PAR1");
  const ProgramResult result = run({"prompts", "sums.yaml"});
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_THAT(result.errors, HasSubstr("`python3 tools/parquet_to_jsonl.py"));
}

TEST(RowsCredentialsTest, GoToTheHubsOwnDomainAlone) {
  HubSettings settings{.token = "t"};
  EXPECT_EQ(settings.rows_credentials().size(), 1u) << "datasets-server.huggingface.co";
  settings.endpoint = "https://hub.example";
  EXPECT_TRUE(settings.rows_credentials().empty());
  settings.rows_endpoint = "https://rows.hub.example";
  EXPECT_EQ(settings.rows_credentials().size(), 1u);
  settings.rows_endpoint = "http://rows.hub.example";
  EXPECT_TRUE(settings.rows_credentials().empty());
  settings.rows_endpoint = "https://evilhub.example";
  EXPECT_TRUE(settings.rows_credentials().empty());
}

// Python programs of users, where huggingface_hub is installed.
class PythonCacheTest : public testing::Test {
 protected:
  void SetUp() override {
    const char* named = std::getenv("E2LM_PYTHON");
    python_ = named ? named : "python3";
    if (std::system((python_ + " -c 'import huggingface_hub' 2>/dev/null").c_str()) != 0) {
      GTEST_SKIP() << python_ << " has no huggingface_hub (E2LM_PYTHON may name one that has): "
                   << "the cache is not compared with the library's";
    }
    hub_.add("org/model", "main", "it/config.json", "{\"a\": 1}", false);
    hub_.add("org/model", "main", "it/model.safetensors", std::string(5000, 'w'), true);
  }

  // The exit code of a script; what it prints goes to `output`.
  int python(const std::string& script) {
    std::string command;
    for (const auto& [name, value] : hub_.environment(scratch_ / "hf")) {
      if (!value.empty()) command += name + "='" + value + "' ";
    }
    scratch_.write("script.py", script);
    return std::system((command + "HF_HUB_DISABLE_XET=1 HF_HUB_DISABLE_TELEMETRY=1 " + python_ +
                        " " + (scratch_ / "script.py").string() + " > " +
                        (scratch_ / "output").string() + " 2>" + (scratch_ / "errors").string())
                           .c_str());
  }

  FetchSummary fetch() {
    Hub hub(hub_.settings(scratch_ / "hf/hub"), {});
    return Fetcher(hub, {.quiet = true}).fetch_checkpoints({{"org/model", "main", "it"}});
  }

  Scratch scratch_;
  MadeHub hub_;
  std::string python_;
};

TEST_F(PythonCacheTest, TheLibraryFindsWhatWeFetched) {
  EXPECT_EQ(fetch().files, 2);
  ASSERT_EQ(python("from huggingface_hub import hf_hub_download\n"
                   "print(hf_hub_download('org/model', 'it/model.safetensors',"
                   " local_files_only=True), end='')\n"),
            0)
      << read_file(scratch_ / "errors");
  EXPECT_EQ(read_file(read_file(scratch_ / "output")), std::string(5000, 'w'));
  const int sent = hub_.sent("model.safetensors");
  ASSERT_EQ(python("from huggingface_hub import hf_hub_download\n"
                   "hf_hub_download('org/model', 'it/model.safetensors')\n"),
            0)
      << read_file(scratch_ / "errors");
  EXPECT_EQ(hub_.sent("model.safetensors"), sent) << "and downloads nothing";
}

TEST_F(PythonCacheTest, TheLibraryFindsFilesOfDataSets) {
  hub_.add(dataset_repo("org/rows"), "main", "data/a.csv", "a,b\n1,2\n", false);
  Hub hub(hub_.settings(scratch_ / "hf/hub"), {});
  const HubListing& listing = hub.list(dataset_repo("org/rows"), "main");
  Fetcher fetcher(hub, {.quiet = true});
  EXPECT_EQ(fetcher.fetch({{listing.repo, listing.commit, *listing.find("data/a.csv")}}).files, 1);
  fetcher.cache().write_ref(listing.repo, "main", listing.commit);
  ASSERT_EQ(python("from huggingface_hub import hf_hub_download\n"
                   "print(hf_hub_download('org/rows', 'data/a.csv', repo_type='dataset',"
                   " local_files_only=True), end='')\n"),
            0)
      << read_file(scratch_ / "errors");
  EXPECT_EQ(read_file(read_file(scratch_ / "output")), "a,b\n1,2\n");
}

TEST_F(PythonCacheTest, WeFindWhatTheLibraryFetched) {
  ASSERT_EQ(python("from huggingface_hub import hf_hub_download\n"
                   "for name in ['it/config.json', 'it/model.safetensors']:\n"
                   "    hf_hub_download('org/model', name)\n"),
            0)
      << read_file(scratch_ / "errors");
  EXPECT_TRUE(
      is_complete_checkpoint(HubCache(scratch_ / "hf/hub").folder({"org/model", "main", "it"})));
  EXPECT_EQ(fetch().files, 0);
}

}  // namespace
}  // namespace e2lm
