// e2lm compare and e2lm items, as a user meets them.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "base/json.h"
#include "tests/support/made_store.h"
#include "tests/support/program.h"
#include "tests/support/run_folder.h"

namespace e2lm {
namespace {

using testing::HasSubstr;

class ItemCommandsTest : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    scratch_ = new Scratch;
    make_store(*scratch_ / "run/store.sqlite");
  }
  static void TearDownTestSuite() { delete scratch_; }

  static std::string store() { return (*scratch_ / "run").string(); }

  static std::string output(const std::vector<std::string>& arguments) {
    const ProgramResult result = run_program({.arguments = arguments});
    EXPECT_EQ(result.exit_code, 0) << result.errors;
    EXPECT_EQ(result.errors, "");
    return result.output;
  }
  static std::string refused(const std::vector<std::string>& arguments) {
    const ProgramResult result = run_program({.arguments = arguments});
    EXPECT_EQ(result.exit_code, 2);
    EXPECT_EQ(result.output, "");
    return result.errors;
  }

  static Scratch* scratch_;
};

Scratch* ItemCommandsTest::scratch_ = nullptr;

TEST_F(ItemCommandsTest, ComparesCheckpointsOfAStore) {
  const std::string text = output({"compare", "a@10", "a", "--store", store()});
  EXPECT_THAT(text, HasSubstr("A: a@10\nB: a@160\nmetric: acc (higher is better)\n"));
  EXPECT_THAT(text, HasSubstr("B better"));
  const Json json =
      parse_json(output({"compare", "a@10", "a@160", "--store", store(), "--format", "json"}), "");
  const Json& task = json["tasks"][0];
  EXPECT_EQ(task["task"], "made");
  EXPECT_EQ(task["items"], 30);
  EXPECT_EQ(json["draws"], 10000);
  EXPECT_GT(task["only_b"], 15);
  EXPECT_EQ(task["verdict"], "B better");
  EXPECT_LT(task["p_adjusted"], 0.001);
  EXPECT_NEAR(task["difference"].get<double>(),
              (task["only_b"].get<double>() - task["only_a"].get<double>()) / 30, 1e-12);
  const std::string csv =
      output({"compare", "a@10", "a@160", "--store", store(), "--format", "csv"});
  EXPECT_THAT(csv, HasSubstr("\nmade,30,"));
  EXPECT_THAT(output({"compare", "a", "a", "--store", store(), "--format", "markdown"}),
              HasSubstr("| same on every item |"));
}

TEST_F(ItemCommandsTest, ComparesAnyMetricAndSeed) {
  const auto margins = [&](const char* seed) {
    return output({"compare", "a@80", "b@80", "--store", store(), "--metric", "margin", "--seed",
                   seed, "--draws", "500"});
  };
  EXPECT_THAT(margins("1"), HasSubstr("500 resamplings"));
  EXPECT_THAT(margins("1"), testing::Not(HasSubstr("McNemar")));
  EXPECT_EQ(margins("1"), margins("1"));
  EXPECT_NE(margins("1"), margins("2"));
}

TEST_F(ItemCommandsTest, CompareRefusesInSentences) {
  const auto compare = [&](std::vector<std::string> more) {
    more.insert(more.begin(), "compare");
    more.insert(more.end(), {"--store", store()});
    return refused(more);
  };
  EXPECT_THAT(compare({"a", "x"}), HasSubstr("x: is no series"));
  EXPECT_THAT(compare({"a", "b@15"}), HasSubstr("b: has no step 15 (expected 10, 20,"));
  EXPECT_THAT(compare({"a", "b@last"}), HasSubstr("'last' is no step"));
  EXPECT_THAT(compare({"a", "c"}), HasSubstr("made: B has no result"));
  EXPECT_THAT(compare({"a", "b", "--tasks", "other"}), HasSubstr("'other' is no task"));
  EXPECT_THAT(compare({"a", "b", "--metric", "f1"}), HasSubstr("f1 is no mean"));
  EXPECT_THAT(compare({"a", "b", "--metric", "akk"}), HasSubstr("(expected acc)"));
  EXPECT_THAT(compare({"a", "b", "--format", "xml"}), HasSubstr("'xml' is unknown"));
  EXPECT_THAT(compare({"a", "b", "--draws", "0"}), HasSubstr("from 1 to 10000000"));
  EXPECT_THAT(compare({"a"}), HasSubstr("1 arguments given"));
  EXPECT_THAT(compare({"a", "nowhere/samples.jsonl"}), HasSubstr("nowhere/samples.jsonl"));
  EXPECT_THAT(compare({"a", scratch_->folder().string() + "/"}), HasSubstr("holds no samples"));
  EXPECT_THAT(refused({"compare", "a", "b", "--store", "nowhere"}), HasSubstr("no such store"));
}

TEST_F(ItemCommandsTest, ItemsShowWhatIsWrongWithThem) {
  const std::string text = output({"items", store(), "--task", "made"});
  EXPECT_THAT(text, HasSubstr("made, acc: 30 items, 47 checkpoints of 3 series"));
  EXPECT_THAT(text, HasSubstr("29    suspect key  choice 1: 100 % of votes, probability 0.99"));
  EXPECT_THAT(text, HasSubstr("28    falling"));
  const Json json = parse_json(output({"items", store(), "-t", "made", "--format", "json"}), "");
  EXPECT_EQ(json["statistics"].size(), 30u);
  EXPECT_EQ(json["statistics"][28]["flags"].dump(), R"(["falling"])");
  EXPECT_EQ(json["suspect_key"][0]["item"], 29);
  const std::string csv = output({"items", store(), "-t", "made", "--format", "csv"});
  EXPECT_EQ(std::count(csv.begin(), csv.end(), '\n'), 31);
  EXPECT_THAT(output({"items", store(), "-t", "made", "-m", "margin_mean"}),
              HasSubstr("made, margin_mean: 30 items"))
      << "any metric, not only those that were reported";
}

TEST_F(ItemCommandsTest, ReportsCarryTheItems) {
  const Json json = parse_json(output({"score", store(), "--format", "json"}), "score");
  ASSERT_EQ(json["items"].size(), 2u);
  EXPECT_EQ(json["items"][0]["metric"], "acc");
  EXPECT_EQ(json["items"][0]["items"], 30);
  EXPECT_EQ(json["items"][0]["difficulty"].size(), 30u);
  EXPECT_EQ(json["items"][0]["falling"][0]["item"], 28);
  EXPECT_EQ(json["items"][0]["suspect_key"][0]["item"], 29);
  EXPECT_EQ(json["items"][0]["suspect_key"][0]["choice"], 1);
}

TEST_F(ItemCommandsTest, SelectionTellsWhatItIsWorthElsewhere) {
  const Path ids = *scratch_ / "ids.json";
  const std::string text =
      output({"items", store(), "-t", "made", "--select", "12", "--output", ids});
  EXPECT_THAT(text, HasSubstr("chosen by a, c\nheld out: b\n"));
  const Json chosen = parse_json(read_file(ids), "ids");
  ASSERT_EQ(chosen["made"].size(), 12u);
  const Json json = parse_json(
      output({"items", store(), "-t", "made", "--select", "12", "--hold-out", "checkpoints", "--by",
              "discrimination", "--metric", "margin", "--format", "json"}),
      "selection");
  EXPECT_EQ(json["held_out_series"].dump(), R"(["a","b","c"])");
  EXPECT_EQ(json["sizes"][1]["items"], 12);
  for (const Json& document : json["doc_ids"]) EXPECT_LT(document, 20) << "those that are learned";
  EXPECT_GT(json["sizes"][1]["held_out"]["chosen"], json["sizes"][1]["held_out"]["random_mean"]);
}

TEST_F(ItemCommandsTest, ItemsRefusesInSentences) {
  const auto items = [&](std::vector<std::string> more) {
    more.insert(more.begin(), {"items", store()});
    return refused(more);
  };
  EXPECT_THAT(items({}), HasSubstr("--task: is missing"));
  EXPECT_THAT(items({"-t", "mode"}), HasSubstr("'mode' is no task of this store (expected made)"));
  EXPECT_THAT(items({"-t", "made", "-m", "mcc"}), HasSubstr("mcc is no mean"));
  EXPECT_THAT(items({"-t", "made", "-m", "acc_mutual_info"}), HasSubstr("without the context"));
  EXPECT_THAT(items({"-t", "made", "--select", "31"}),
              HasSubstr("31 items cannot be chosen of 30"));
  EXPECT_THAT(items({"-t", "made", "--select", "0"}), HasSubstr("'0' is below 1"));
  EXPECT_THAT(items({"-t", "made", "--select", "5", "--by", "luck"}), HasSubstr("'luck'"));
  EXPECT_THAT(items({"-t", "made", "--select", "5", "--hold-out", "all"}), HasSubstr("'all'"));
  EXPECT_THAT(items({"-t", "made", "--select", "5", "--format", "csv"}), HasSubstr("no csv"));
  EXPECT_THAT(items({"-t", "made", "--select", "5", "--by", "snr"}), HasSubstr("two series, of 1"));
  EXPECT_THAT(items({"-t", "made", "--output", "x"}), HasSubstr("--select"));
  EXPECT_THAT(items({"-t", "made", "--by", "snr"}), HasSubstr("--by: needs --select"));
  EXPECT_THAT(refused({"items", "nowhere", "-t", "made"}), HasSubstr("no such store"));
}

// Runs of one checkpoint each against the same task swept into a store.
TEST(CompareRunsTest, SampleFilesAndStoresCompare) {
  const RunFolder folder;
  const Path task = folder.scratch / "tasks/colours.yaml";
  for (const int step : {40, 120}) {
    const std::string model = "pretrained=" + folder.checkpoint(step).string() +
                              ",dtype=float32,tokenizer=" + (folder.scratch / "tokenizer").string();
    ASSERT_EQ(run_program({.arguments = {"run", "--model_args", model, "--tasks", task, "-o",
                                         folder.scratch / ("out" + std::to_string(step)),
                                         "--log_samples", "--quiet"}})
                  .exit_code,
              0);
  }
  ASSERT_EQ(run_program({.arguments = {"sweep", folder.manifest, "-o", folder.scratch / "run",
                                       "--dtype", "float32", "--quiet"}})
                .exit_code,
            0);
  const auto compare = [&](const std::string& a, const std::string& b,
                           const std::string& run = "run") {
    return run_program(
        {.arguments = {"compare", a, b, "--store", run, "--metric", "margin", "--format", "json"},
         .folder = folder.scratch.folder()});
  };
  const ProgramResult files = compare("out40", "out120"), store = compare("a@40", "a@120"),
                      mixed = compare("out40", "a");
  ASSERT_EQ(files.exit_code, 0) << files.errors;
  ASSERT_EQ(store.exit_code, 0) << store.errors;
  const Json of_files = parse_json(files.output, ""), of_store = parse_json(store.output, "");
  EXPECT_EQ(of_files["a"], "out40");
  EXPECT_EQ(of_store["a"], "a@40");
  EXPECT_EQ(of_files["tasks"], of_store["tasks"]) << "the same requests, the same bits";
  EXPECT_EQ(parse_json(mixed.output, "")["tasks"], of_store["tasks"]);

  // As imported ones, of a store without a sweep.
  for (const std::string step : {"40", "120"}) {
    const ProgramResult imported = run_program(
        {.arguments = {"import", "out" + step, "--store", "imported", "--series", "s" + step},
         .folder = folder.scratch.folder()});
    ASSERT_EQ(imported.exit_code, 0) << imported.errors;
  }
  const ProgramResult imports = compare("s40", "s120@120", "imported");
  ASSERT_EQ(imports.exit_code, 0) << imports.errors;
  EXPECT_EQ(parse_json(imports.output, "")["tasks"], of_store["tasks"]);
  EXPECT_EQ(compare("out40", "s120", "imported").exit_code, 0);
  EXPECT_THAT(compare("s40", "s7", "imported").errors, HasSubstr("s7: is no series of"));
  EXPECT_THAT(compare("s40", "s40@41", "imported").errors, HasSubstr("no samples of step 41"));
  const auto items = [&](const std::string& metric) {
    return run_program({.arguments = {"items", "imported", "-t", "colours", "-m", metric},
                        .folder = folder.scratch.folder()});
  };
  EXPECT_THAT(items("acc").output, HasSubstr("colours, acc: 3 items, 2 checkpoints of 2 series"));
  EXPECT_THAT(items("margin").errors, HasSubstr("(expected colours by acc"));

  // The same answers to other documents.
  Path samples;
  for (const auto& entry :
       std::filesystem::recursive_directory_iterator(folder.scratch / "out120")) {
    if (entry.path().filename().string().starts_with("samples_")) samples = entry.path();
  }
  std::string text = read_file(samples);
  const std::string hash = R"("doc_hash": ")";
  text.replace(text.find(hash) + hash.size(), 4, "0000");
  const Path other = folder.scratch.write("other.jsonl", text);
  EXPECT_THAT(compare("out40", other).errors, HasSubstr("document 0 has another doc_hash"));
  folder.scratch.write("out120/samples_colours_2020-01-01T00-00-00.000000.jsonl", text);
  EXPECT_THAT(compare("out40", "out120").errors, HasSubstr("has two files of colours"));
}

}  // namespace
}  // namespace e2lm
