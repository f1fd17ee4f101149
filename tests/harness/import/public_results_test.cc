// Four public collections of results, imported and judged: signal quality is that of independent
// reference computations.

#include <gtest/gtest.h>

#include "harness/import/importer.h"
#include "harness/results/results.h"
#include "tests/support/places.h"

namespace e2lm {
namespace {

class PublicResultsTest : public testing::Test {
 protected:
  void SetUp() override {
    if (!std::filesystem::exists(shared_ / "golden")) {
      GTEST_SKIP() << shared_ << " is not there: public results are not judged";
    }
  }

  Report report_of(const Path& data, const ImportOptions& options = {}) const {
    Store store = Store::in_memory();
    import_results(std::vector<Path>{shared_ / "data" / data}, options, store);
    // Intervals are not what is compared here.
    return load_report(store, [](ScoringRules& rules) { rules.draws = 0; });
  }

  Json golden(const Path& name) const {
    const Path path = shared_ / "golden" / name;
    return parse_json(read_file(path), path.string())["scores"];
  }

  // {series: {"sq", "n", ..}} of one task by one metric.
  void expect_scores(const Report& report, const std::string& task, const std::string& metric,
                     const Json& expected) {
    for (const Judgement& judgement : report.judgements) {
      if (judgement.task != task || judgement.metric != metric) continue;
      for (const SeriesSignal& series : judgement.signal) {
        SCOPED_TRACE(task + " " + metric + " " + series.series);
        ASSERT_TRUE(expected.contains(series.series));
        const Json& answer = expected[series.series];
        EXPECT_EQ(series.signal.n, answer["n"]);
        ASSERT_EQ(series.signal.quality.has_value(), !answer["sq"].is_null());
        if (series.signal.quality) {
          EXPECT_NEAR(*series.signal.quality, answer["sq"].get<double>(), 1e-9);
        }
        ++compared_;
      }
    }
  }

  Path shared_ = source_dir() / "../shared";
  int compared_ = 0;
};

TEST_F(PublicResultsTest, E2lmPlotData) {
  const Report report = report_of("e2lm/curves.json");
  const Json expected = golden("e2lm_scores.json");
  for (const auto& [task, scores] : expected.items()) expect_scores(report, task, "score", scores);
  EXPECT_EQ(compared_, 24 * 6);
  for (const SeriesCurve& series : report.curves[0].series) {
    EXPECT_EQ(series.group, series.series.substr(6, series.series.find("-arch") - 6));
  }
}

TEST_F(PublicResultsTest, CruiseResultsWithTheStepInTheConfigurationAlone) {
  const Report report = report_of("cruise");
  const Json expected = golden("cruise_scores.json");
  for (const auto& [folder, scores] : expected.items()) {
    expect_scores(report, scores["task"], "acc", {{"pythia-1b", scores}});
  }
  EXPECT_EQ(compared_, 2);
  for (const TaskCurves& task : report.curves) {
    EXPECT_EQ(task.chance, task.task == "mmlu_hs" ? std::optional(0.25) : std::nullopt);
  }
}

TEST_F(PublicResultsTest, PythiaOldResults) {
  ImportOptions options;
  options.identity.pattern =
      TextPattern::parse("{series}/zero-shot/{}_step{step}.json", "--pattern");
  options.identity.tokens = StepTokens::per_step(2'097'152);
  options.means = {{"mmlu_mean57", "hendrycksTest-*"}};
  const Report report = report_of("pythia", options);
  const Json expected = golden("pythia_scores.json")["all"];
  for (const auto& [name, scores] : expected.items()) {
    const size_t colon = name.find(':');
    const std::string task = name.substr(0, colon), metric = name.substr(colon + 1);
    if (metric == "ppl") continue;  // as stored: falling, and judged here as progress
    expect_scores(report, task, metric == "ppl_negated" ? "ppl" : metric, scores);
  }
  EXPECT_EQ(compared_, 64);
  EXPECT_TRUE(report.findings.empty()) << report.findings.front().text;
}

TEST_F(PublicResultsTest, BigScienceAggregates) {
  const Report report = report_of("bigscience");
  const Json expected = golden("bigscience_scores.json");
  for (const auto& [name, scores] : expected.items()) {
    const size_t colon = name.find(':');
    expect_scores(report, name.substr(0, colon), name.substr(colon + 1), scores);
  }
  EXPECT_EQ(compared_, 42);
}

}  // namespace
}  // namespace e2lm
