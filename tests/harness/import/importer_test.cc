// From result files through a store to a report.

#include "harness/import/importer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "harness/import/exact_sum.h"
#include "harness/import/readers.h"
#include "harness/results/answers.h"
#include "harness/results/imported_answers.h"
#include "harness/results/results.h"
#include "scoring/items/item_selection.h"
#include "scoring/metrics/metric.h"
#include "tests/support/expect_error.h"
#include "tests/support/result_files.h"
#include "tests/support/scratch.h"

namespace e2lm {
namespace {

using testing::AllOf;
using testing::HasSubstr;

class ImporterTest : public testing::Test {
 protected:
  // A file of one checkpoint with acc of some tasks.
  Path add(const std::string& name, const std::string& model, int step, const Json& accuracies) {
    Json results = Json::object();
    for (const auto& [task, value] : accuracies.items()) results[task] = {{"acc", value}};
    return scratch_.write(
        name, old_lm_eval_results("pretrained=" + model + ",revision=step" + std::to_string(step),
                                  results)
                  .dump());
  }

  ImportSummary import(const Path& path) {
    return import_results(std::vector<Path>{path}, options_, store_);
  }
  Report report() const { return load_report(store_); }

  static std::vector<double> curve(const Report& report, const std::string& task,
                                   const std::string& series) {
    for (const TaskCurves& curves : report.curves) {
      if (curves.task != task) continue;
      for (const SeriesCurve& one : curves.series) {
        if (one.series == series) return values_of(one.curve);
      }
    }
    return {};
  }

  Scratch scratch_;
  Store store_ = Store::open(scratch_ / "run/store.sqlite");
  ImportOptions options_;
  Path folder_ = scratch_ / "files";
};

TEST_F(ImporterTest, CurvesAreByStepNotByName) {
  add("files/a_1000.json", "m", 1000, {{"t", 0.75}});
  add("files/b_8.json", "m", 8, {{"t", 0.25}});
  add("files/c_64.json", "m", 64, {{"t", 0.5}});
  const ImportSummary summary = import(folder_);
  EXPECT_EQ(summary.files, 3);
  EXPECT_EQ(summary.scores, 3);
  const Report loaded = report();
  EXPECT_EQ(curve(loaded, "t", "m"), (std::vector<double>{0.25, 0.5, 0.75}));
  EXPECT_EQ(loaded.curves[0].series[0].group, "all");
  EXPECT_EQ(loaded.cells.size(), 3u);
  EXPECT_EQ(loaded.judgements.size(), 1u);
  EXPECT_EQ(loaded.judgements[0].signal[0].signal.n, 3) << "tokens unknown, yet all counted";
}

TEST_F(ImporterTest, ImportingAgainReplacesWhatAFileGave) {
  const Path file = add("files/a.json", "m", 1, {{"t", 0.5}, {"u", 0.5}});
  import(folder_);
  add("files/a.json", "m", 1, {{"t", 0.25}});
  import(file);
  EXPECT_EQ(curve(report(), "t", "m"), std::vector<double>{0.25});
  EXPECT_TRUE(curve(report(), "u", "m").empty());
  EXPECT_EQ(report().curves.size(), 1u);
  EXPECT_EQ(store_.database().number("SELECT count(*) FROM sqlite_schema WHERE name LIKE '%_by_%'"),
            0);
}

TEST_F(ImporterTest, EqualScoresAreTakenOnceAndDifferentOnesAreAnError) {
  add("files/a.json", "m", 1, {{"t", 0.5}});
  add("files/b.json", "m", 1, {{"t", 0.5}});
  EXPECT_EQ(import(folder_).scores, 1);
  EXPECT_EQ(curve(report(), "t", "m").size(), 1u);
  add("files/c.json", "m", 1, {{"t", 0.75}});
  expect_error([&] { import(folder_); }, "a.json", "c.json", "0.75", "0.5", "m step 1", "--newest");
  EXPECT_EQ(curve(report(), "t", "m"), std::vector<double>{0.5}) << "nothing of it was kept";
}

TEST_F(ImporterTest, ExamplesAndVersionsOfOtherNumberAreSaid) {
  const auto add_shots = [&](int step, int shots, int version) {
    Json file = lm_eval_results("pretrained=m,revision=step" + std::to_string(step), "t",
                                {{"acc,none", 0.5}});
    file["n-shot"]["t"] = shots;
    file["versions"]["t"] = version;
    scratch_.write("files/" + std::to_string(step) + ".json", file.dump());
  };
  add_shots(1, 0, 1);
  add_shots(2, 0, 1);
  EXPECT_THAT(import(folder_).mixed, testing::IsEmpty());
  add_shots(3, 5, 1);
  add_shots(4, 0, 2);
  EXPECT_THAT(
      import(folder_).mixed,
      testing::ElementsAre(AllOf(HasSubstr("t of m is 0-shot, version 1 ("), HasSubstr("1.json"),
                                 HasSubstr("5-shot, version 1 ("), HasSubstr("3.json"))));
}

TEST_F(ImporterTest, TheNewestCountsWhereAsked) {
  Json older = lm_eval_results("pretrained=m,revision=step1", "t", {{"acc,none", 0.25}});
  Json newer = older;
  older["date"] = 1e9;
  newer["date"] = 2e9;
  newer["results"]["t"]["acc,none"] = 0.75;
  scratch_.write("files/a.json", newer.dump());
  scratch_.write("files/b.json", older.dump());
  options_.newest = true;
  import(folder_);
  EXPECT_EQ(curve(report(), "t", "m"), std::vector<double>{0.75});
}

TEST_F(ImporterTest, OneFileMustNotContradictItself) {
  const Path file = scratch_.write("x.csv", "series,step,task,value\na,1,t,0.5\na,1,t,0.25\n");
  expect_error([&] { import(file); }, "x.csv:3", "t score of a step 1", "x.csv:2");
  import(scratch_.write("x.csv", "series,step,task,value\na,1,t,0.5\na,1,t,0.5\n"));
  EXPECT_EQ(curve(report(), "t", "a"), std::vector<double>{0.5});
}

TEST_F(ImporterTest, MissingNumbersAndCellsAreFindings) {
  add("files/1.json", "m", 1, {{"t", 0.5}, {"u", 0.5}});
  add("files/2.json", "m", 2, {{"t", nullptr}});
  add("files/3.json", "m", 3, {{"t", {{"__float__", "NaN"}}}, {"u", 0.5}});
  import(folder_);
  const Report loaded = report();
  EXPECT_EQ(curve(loaded, "t", "m"), std::vector<double>{0.5});
  std::vector<std::string> found;
  for (const Finding& finding : loaded.findings) {
    found.push_back(finding.kind + " " + finding.task + " " +
                    (finding.step ? std::to_string(*finding.step) : "-") + " " + finding.text);
  }
  EXPECT_THAT(found,
              testing::UnorderedElementsAre(
                  AllOf(HasSubstr("missing t 2"), HasSubstr("gives null")),
                  AllOf(HasSubstr("not finite t 3"), HasSubstr("gives NaN")),
                  AllOf(HasSubstr("missing u 2"), HasSubstr("at 1 of 3 checkpoints: step 2")),
                  AllOf(HasSubstr("missing  -"), HasSubstr("tokens are not known"))));
  const Json json = report_json(loaded);
  ASSERT_GE(json["sanity"].size(), 4u) << "judgements have findings of their own";
  for (const char* key : {"kind", "series", "task", "metric", "step", "text"}) {
    EXPECT_TRUE(json["sanity"][0].contains(key)) << key;
  }
}

TEST_F(ImporterTest, FilesThatDoNotAgreeOnTokensOrChanceAreFindings) {
  const std::string header = "series,step,tokens,task,value,chance\n";
  import(scratch_.write("a.csv", header + "m,1,2e9,t,0.5,0.25\nm,2,4e9,t,0.5,0.25\n"));
  import(scratch_.write("b.csv", header + "m,1,2.001e9,u,0.5,\nm,2,9e9,u,0.5,0.5\n"));
  import(scratch_.write("c.csv", header + "n,1,2e9,t,0.5,0.5\n"));
  const Report loaded = report();
  EXPECT_EQ(loaded.curves[0].chance, 0.25);
  std::vector<std::string> found;
  for (const Finding& finding : loaded.findings) found.push_back(finding.text);
  EXPECT_THAT(found, testing::IsSupersetOf(
                         {AllOf(HasSubstr("m has seen 4e+09 by "), HasSubstr("a.csv and 9e+09 by "),
                                HasSubstr("b.csv at step 2; the first counts")),
                          AllOf(HasSubstr("chance is 0.25 by "), HasSubstr("a.csv and 0.5 by "),
                                HasSubstr("c.csv; the first counts"))}));
}

TEST_F(ImporterTest, EveryTaskHasEverySeries) {
  add("files/1.json", "one", 1, {{"t", 0.5}});
  add("files/2.json", "two", 1, {{"u", 0.5}});
  import(folder_);
  for (const TaskCurves& task : report().curves) {
    ASSERT_EQ(task.series.size(), 2u);
    EXPECT_EQ(task.series[0].series, "one");
    EXPECT_EQ(task.series[1].series, "two");
  }
}

TEST_F(ImporterTest, MeansAreOfAllTasksThatFit) {
  add("files/1.json", "m", 1, {{"x-a", 0.1}, {"x-b", 0.2}, {"x-c", 0.3}, {"y", 1}});
  add("files/2.json", "m", 2, {{"x-a", 0.1}, {"x-b", 0.2}});
  add("files/3.json", "other", 1, {{"z-a", 0.5}});
  options_.means = {{"x", "x-*"}, {"none", "z-*"}};
  import(folder_);
  options_.means.clear();
  add("files/3.json", "other", 1, {{"y", 0.5}});  // the mean of z-* has lost all it was of
  import(folder_);
  const Report loaded = report();
  EXPECT_EQ(curve(loaded, "x", "m"), std::vector<double>{0.6 / 3}) << "summed exactly";
  EXPECT_EQ(loaded.curves.back().task, "x");
  EXPECT_THAT(loaded.findings.back().text, HasSubstr("'z-*', which no task's name fits"));
}

// A store with such a mean could not be read any more.
TEST_F(ImporterTest, AMeanHasNoTasksName) {
  add("files/1.json", "m", 1, {{"x-a", 0.1}, {"x-b", 0.2}, {"y", 1}});
  options_.means = {{"y", "x-*"}};
  expect_error([&] { import(folder_); }, "'y', the mean of 'x-*', is the name of a task");
  options_.means = {{"x", "x-*"}};
  import(folder_);
  options_.means.clear();
  expect_error(
      [&] {
        import(add("group.json", "m", 1, {{ "x", 0.15 }}));
      },
      "'x', the mean of 'x-*', is the name of a task");
  EXPECT_EQ(report().curves.size(), 4u);
  store_.database().run("UPDATE import_mean SET name = 'y'");
  const Report loaded = report();
  EXPECT_EQ(loaded.curves.size(), 3u);
  EXPECT_THAT(loaded.findings.back().text, HasSubstr("is a task, so the mean of 'x-*'"));
}

TEST_F(ImporterTest, AMeanHasTheErrorOfIndependentTasks) {
  import(scratch_.write("x.csv",
                        "series,step,task,value,stderr,chance\na,1,x1,0.5,0.3,0.2\n"
                        "a,1,x2,0.25,0.4,0.4\na,2,x1,0.5,0.3,\na,2,x2,0.25,,\n"));
  options_.means = {{"x", "x?"}};
  import(scratch_ / "x.csv");
  const TaskCurves mean = report().curves.back();
  EXPECT_DOUBLE_EQ(*mean.series[0].curve[0].standard_error, 0.25);
  EXPECT_EQ(mean.series[0].curve[1].standard_error, std::nullopt);
  EXPECT_DOUBLE_EQ(*mean.chance, 0.3);
}

TEST_F(ImporterTest, OnlyTheTasksAskedFor) {
  add("files/1.json", "m", 1, {{"arc_easy", 0.5}, {"arc_hard", 0.5}, {"sciq", 0.5}});
  options_.tasks = {"arc_*"};
  EXPECT_EQ(import(folder_).scores, 2);
}

TEST_F(ImporterTest, PerplexitiesAreBetterWhenLower) {
  import(scratch_.write("x.csv", "series,step,task,metric,value\na,1,t,ppl,9\na,1,t,acc,1\n"));
  const Report loaded = report();
  EXPECT_FALSE(loaded.curves[0].higher_is_better);
  EXPECT_TRUE(loaded.curves[1].higher_is_better);
}

TEST_F(ImporterTest, LossesWithoutAMetricAreBetterWhenLower) {
  import(scratch_.write("wide.csv",
                        "series,step,sciq,pile_loss,eval/loss,glossary,c4-PPL,brier:acc\n"
                        "m,1,0.5,4,4,0.5,9,0.5\n"));
  std::vector<std::string> lower;
  for (const TaskCurves& task : report().curves) {
    if (!task.higher_is_better) lower.push_back(task.task);
  }
  EXPECT_THAT(lower, testing::ElementsAre("pile_loss", "eval/loss", "c4-PPL"));
  import(scratch_.write("said.csv",
                        "series,step,task,value,higher_is_better\nn,1,weight_loss,0.5,true\n"));
  EXPECT_TRUE(report().curves.back().higher_is_better) << "what is said goes first";
}

TEST_F(ImporterTest, GroupsAndMixesStayUnlessSaidAnew) {
  const Path file = scratch_.write("x.csv", "series,step,task,value,group,mix\na,1,t,1,g,web\n");
  import(file);
  import(scratch_.write("y.csv", "series,step,task,value\na,2,t,1\n"));
  SeriesCurve series = report().curves[0].series[0];
  EXPECT_EQ(series.group, "g");
  EXPECT_EQ(series.mix, Mix::web);
  options_.identity.group = "h";
  import(scratch_ / "y.csv");
  series = report().curves[0].series[0];
  EXPECT_EQ(series.group, "h");
}

TEST_F(ImporterTest, TheCompetitionsGridsAreForItsSeriesAlone) {
  const char* text = R"({"metadata": {}, "data": {"dense-1b-arch1": {"iteration": [4000, 6000],
                         "a": [0.5, 0.25]}}})";
  import(scratch_.write("plot.json", text));
  EXPECT_EQ(report().rules.early.step_multiple, 4000);
  EXPECT_EQ(report().rules.early.max_tokens, 206e9);
  EXPECT_EQ(report().rules.late.max_tokens, 1000e9);
  EXPECT_EQ(report().judgements[0].signal[0].signal.n, 1);
  EXPECT_EQ(report().curves[0].series[0].group, "1b");
  import(add("files/1.json", "m", 1, {{ "t", 0.5 }}));
  EXPECT_EQ(report().rules.early.step_multiple, 1);
}

TEST_F(ImporterTest, FilesOfOtherKindsInAFolderAreSkipped) {
  add("files/1.json", "m", 1, {{"t", 0.5}});
  scratch_.write("files/deep/config.json", R"({"hidden": 5})");
  scratch_.write("files/notes.txt", "nothing");
  const ImportSummary summary = import(folder_);
  EXPECT_EQ(summary.files, 1);
  ASSERT_EQ(summary.skipped.size(), 1u);
  EXPECT_EQ(summary.skipped[0].path.filename(), "config.json");
  expect_error([&] { import(folder_ / "deep/config.json"); }, "config.json", "no known format",
               "BigScience");
  expect_error([&] { import(folder_ / "deep"); }, "deep", "holds no file of results");
  expect_error([&] { import(scratch_ / "nowhere"); }, "nowhere", "no such file");
}

TEST_F(ImporterTest, FoldersFromOtherSystemsAreRead) {
  scratch_.write("files/BASE.CSV", "step,task,value\n1,t,0.5\n");
  scratch_.write("files/._BASE.CSV", std::string("\0\5\x16\7\xff", 5));
  EXPECT_EQ(import(folder_).files, 1);
  EXPECT_EQ(report().curves[0].series[0].series, "BASE");
  // As lm-evaluation-harness calls the folder of `pretrained=./m`.
  add("files/.__m/1.json", "m", 1, {{"t", 0.5}});
  EXPECT_EQ(import(folder_).files, 2);
}

TEST_F(ImporterTest, ADamagedFileOfManyLeavesTheStoreAsItWas) {
  add("files/1.json", "m", 1, {{"t", 0.5}});
  scratch_.write("files/2.json", R"({"results": {"t": )");
  expect_error([&] { import(folder_); }, "2.json:1");
  expect_error([&] { report(); }, "no sweep yet", "e2lm import");
}

TEST_F(ImporterTest, LinksThatLeadBackEnd) {
  add("files/1.json", "m", 1, {{"t", 0.5}});
  std::filesystem::create_directory_symlink("..", folder_ / "loop");
  EXPECT_EQ(import(folder_).files, 1);
}

TEST_F(ImporterTest, ScriptsInNamesStayText) {
  const std::string name = "<script>alert(1)</script>";
  add("files/1.json", name, 1, {{name, 0.5}});
  options_.identity.series = name;
  import(folder_);
  EXPECT_EQ(curve(report(), name, name), std::vector<double>{0.5});
}

// Documents of samples become the values of curves.
class SampleImportTest : public ImporterTest {
 protected:
  void add_samples(int step, const std::vector<int>& ids, const std::string& right) {
    const std::string time = "2026-01-31T12-00-0" + std::to_string(step) + ".000000";
    std::string lines;
    for (size_t i = 0; i < ids.size(); ++i) {
      const bool correct = right[i] == '1';
      const Json line = {
          {"doc_id", ids[i]},
          {"target", "0"},
          {"arguments",
           {{"gen_args_0", {{"arg_0", "Q:"}, {"arg_1", " red"}}},
            {"gen_args_1", {{"arg_0", "Q:"}, {"arg_1", " blue"}}}}},
          {"filtered_resps", Json::array({Json::array({correct ? "-1" : "-5", "False"}),
                                          Json::array({"-2", "False"})})},
          {"filter", "none"},
          {"acc", correct ? 1.0 : 0.0}};
      lines += line.dump() + "\n";
    }
    const double mean = static_cast<double>(std::count(right.begin(), right.end(), '1')) /
                        static_cast<double>(right.size());
    scratch_.write("files/samples_t_" + time + ".jsonl", lines);
    scratch_.write("files/results_" + time + ".json",
                   lm_eval_results("pretrained=m,revision=step" + std::to_string(step), "t",
                                   {{"acc,none", mean}})
                       .dump());
  }
};

TEST_F(SampleImportTest, CurvesCarryTheirDocuments) {
  add_samples(1, {2, 0, 1}, "100");
  add_samples(2, {0, 1, 2}, "011");
  const ImportSummary summary = import(folder_);
  EXPECT_EQ(summary.scores, 2) << "results and samples say the same";
  EXPECT_EQ(summary.documents, 6);
  const Report loaded = report();
  ASSERT_EQ(loaded.curves.size(), 1u);
  EXPECT_EQ(loaded.curves[0].chance, 0.5);
  const SeriesCurve& series = loaded.curves[0].series[0];
  ASSERT_EQ(series.items.checkpoints(), 2);
  EXPECT_THAT(series.items.at(0), testing::ElementsAre(0, 0, 1)) << "by number of document";
  EXPECT_THAT(series.items.at(1), testing::ElementsAre(0, 1, 1));
}

// As `e2lm run --samples` asks them.
TEST_F(SampleImportTest, DocumentsKeepTheirNumbers) {
  add_samples(1, {7, 2, 90}, "100");
  add_samples(2, {2, 7, 90}, "011");
  import(folder_);
  const TaskCurves curves = report().curves[0];
  EXPECT_THAT(curves.documents, testing::ElementsAre(2, 7, 90));
  const ItemSelection chosen = select_items(
      curves,
      {.count = 3, .goal = SelectionGoal::discrimination, .hold_out = HoldOut::none, .draws = 1});
  EXPECT_THAT(chosen.documents, testing::UnorderedElementsAre(2, 7, 90));
}

// Their log-likelihoods say which answer models prefer, as a sweep's do.
TEST_F(SampleImportTest, DocumentsWithASuspectKeyAreFound) {
  add_samples(1, {3, 5, 8}, "000");
  add_samples(2, {3, 5, 8}, "010");
  add_samples(3, {3, 5, 8}, "110");
  import(folder_);
  const std::vector<ItemSummary> items = report().items;
  ASSERT_EQ(items.size(), 1u);
  ASSERT_EQ(items[0].suspect_key.size(), 1u);
  EXPECT_EQ(items[0].document(items[0].suspect_key[0].item), 8);
  EXPECT_EQ(items[0].suspect_key[0].wrong->choice, 1);
  EXPECT_NEAR(items[0].suspect_key[0].wrong->margin_nats, 3, 1e-12);
}

// As of a task that is scored by other metrics than acc: its results file has them.
TEST_F(SampleImportTest, SamplesThatDoNotTellTheRightAnswerAreSkippedInAFolder) {
  add_samples(1, {0, 1}, "10");
  const Json line = {
      {"doc_id", 0},
      {"target", "neither"},
      {"arguments",
       {{"gen_args_0", {{"arg_0", "Q:"}, {"arg_1", " red"}}},
        {"gen_args_1", {{"arg_0", "Q:"}, {"arg_1", " blue"}}}}},
      {"filtered_resps", Json::array({Json::array({"-1", "False"}), Json::array({"-2", "False"})})},
      {"filter", "none"}};
  const Path odd =
      scratch_.write("files/samples_odd_2026-01-31T12-00-01.000000.jsonl", line.dump() + "\n");
  const ImportSummary summary = import(folder_);
  EXPECT_EQ(summary.documents, 2);
  ASSERT_EQ(summary.skipped.size(), 1u);
  EXPECT_EQ(summary.skipped[0].path, odd);
  EXPECT_THAT(summary.skipped[0].why, testing::HasSubstr("does not say which answers are right"));
  expect_error([&] { import(odd); }, "samples_odd", ":1", "neither");
}

// TruthfulQA's mc2 records as acc how much of the probability falls on right choices.
TEST_F(SampleImportTest, AMetricOfTheFilesOwnIsTakenAsItIsRecorded) {
  std::string lines;
  for (int i = 0; i < 2; ++i) {
    const Json line = {{"doc_id", i},
                       {"target", "0"},
                       {"arguments",
                        {{"gen_args_0", {{"arg_0", "Q:"}, {"arg_1", " red"}}},
                         {"gen_args_1", {{"arg_0", "Q:"}, {"arg_1", " blue"}}}}},
                       {"filtered_resps",
                        Json::array({Json::array({"-1", "False"}), Json::array({"-2", "False"})})},
                       {"filter", "none"},
                       {"acc", i == 0 ? 0.25 : 0.5}};
    lines += line.dump() + "\n";
  }
  const Path path = scratch_.write("files/samples_mc2_2026-01-31T12-00-01.000000.jsonl", lines);
  const auto file = read_result_file(path);
  ASSERT_TRUE(file);
  const ImportedCheckpoint& checkpoint = file->checkpoints.at(0);
  ASSERT_EQ(checkpoint.scores.size(), 1u);
  EXPECT_EQ(checkpoint.scores[0].value, 0.375) << "not 1, which arg-max would give";
  EXPECT_EQ(checkpoint.scores[0].standard_error, 0.125);
  EXPECT_FALSE(checkpoint.scores[0].chance);
  EXPECT_THAT(checkpoint.items.at(0).metrics, testing::Not(testing::Contains("acc")));
  EXPECT_THAT(checkpoint.items.at(0).metrics, testing::Contains("acc_norm"));

  const auto compare = [&] {
    compare_answers(answers_in_samples(path, ""), answers_in_samples(path, ""), *find_metric("acc"),
                    {});
  };
  expect_error(compare, "mc2", "do not give acc");

  add_samples(1, {0, 1}, "10");  // whose results file is now beside
  import(folder_);
  const auto stored = imported_answers(store_, "m@1");
  ASSERT_TRUE(stored);
  EXPECT_EQ(
      compare_answers(*stored, *stored, *find_metric("acc"), {}).left_out,
      std::vector<std::string>{"mc2: its samples do not give acc, or record another by that name"});
}

TEST_F(SampleImportTest, OtherDocumentsAreNotMixed) {
  add_samples(1, {0, 1, 2}, "100");
  add_samples(2, {0, 1, 3}, "011");
  import(folder_);
  const Report loaded = report();
  EXPECT_TRUE(loaded.curves[0].series[0].items.empty());
  EXPECT_EQ(loaded.curves[0].series[0].curve.size(), 2u);
  bool said = false;
  for (const Finding& finding : loaded.findings) {
    said |= finding.text.find("documents are not those of") != std::string::npos;
  }
  EXPECT_TRUE(said);
}

TEST_F(SampleImportTest, SamplesMayBeLeftOut) {
  add_samples(1, {0, 1, 2}, "100");
  options_.samples = false;
  EXPECT_EQ(import(folder_).documents, 0);
  EXPECT_EQ(curve(report(), "t", "m").size(), 1u);
}

TEST_F(SampleImportTest, DamagedDocumentsAreAnError) {
  add_samples(1, {0, 1}, "10");
  import(folder_);
  for (const char* bytes :
       {"x'00'", "x'09000000010000000100000000000000'", "x'0000000000000000ffffff7f'"}) {
    store_.database().run(std::string("UPDATE import_items SET items = ") + bytes);
    expect_error([&] { report(); }, "store.sqlite", "damaged", "checksum");
    store_.database().run("UPDATE import_items SET checksum = crc32(metrics, ids, items)");
    expect_error([&] { report(); }, "store.sqlite", "damaged");
  }
}

TEST(ExactSumTest, RoundsOnce) {
  EXPECT_EQ(exact_sum(std::vector<double>{0.1, 0.2, 0.3}), 0.6);
  EXPECT_EQ(exact_sum(std::vector<double>{1e16, 1, -1e16}), 1);
  EXPECT_EQ(exact_sum(std::vector<double>(10, 0.1)), 1.0);
  // 1 + 2^-53 lies halfway to the next double; what is below decides.
  const double half = std::ldexp(1, -53), tiny = std::ldexp(1, -110);
  EXPECT_EQ(exact_sum(std::vector<double>{1, half}), 1);
  EXPECT_EQ(exact_sum(std::vector<double>{1, half, tiny}), std::nextafter(1, 2));
  EXPECT_EQ(exact_sum(std::vector<double>{1, half, -tiny}), 1);
  EXPECT_EQ(exact_sum(std::vector<double>{}), 0);
}

}  // namespace
}  // namespace e2lm
