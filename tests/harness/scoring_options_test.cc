// `e2lm score` and `e2lm report` under other rules, on a store of a small sweep.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/json.h"
#include "tests/support/program.h"
#include "tests/support/run_folder.h"

namespace e2lm {
namespace {

using testing::HasSubstr;

class ScoringOptions : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    folder_ = new RunFolder;
    swept_ = run_program({.arguments = {"sweep", folder_->manifest, "-o", run(), "--quiet"}});
  }
  static void TearDownTestSuite() { delete folder_; }

  void SetUp() override { ASSERT_EQ(swept_.exit_code, 0) << swept_.errors; }

  static std::string run() { return (folder_->scratch / "run").string(); }

  static Json score(std::vector<std::string> options) {
    options.insert(options.begin(), {"score", run(), "--format", "json"});
    const ProgramResult result = run_program({.arguments = std::move(options)});
    EXPECT_EQ(result.exit_code, 0) << result.errors;
    return parse_json(result.output, "output");
  }

  static std::string refused(std::vector<std::string> options) {
    options.insert(options.begin(), {"score", run()});
    const ProgramResult result = run_program({.arguments = std::move(options)});
    EXPECT_EQ(result.exit_code, 2);
    EXPECT_EQ(result.output, "");
    return result.errors;
  }

  static inline RunFolder* folder_ = nullptr;
  static inline ProgramResult swept_;
};

TEST_F(ScoringOptions, TheRulesAreReported) {
  const Json plain = score({})["rules"];
  EXPECT_EQ(plain["tie_rule"], "stable");
  EXPECT_EQ(plain["compliance"], "gap_over_chance");
  EXPECT_EQ(plain["draws"], 1000);
  const Json other =
      score({"--tie-rule", "reversed", "--orientation=as-stored", "--compliance", "auc_gap",
             "--draws", "10", "--seed", "5", "--reference", "80"})["rules"];
  EXPECT_EQ(other["tie_rule"], "reversed");
  EXPECT_EQ(other["orientation"], "as-stored");
  EXPECT_EQ(other["compliance"], "auc_gap");
  EXPECT_EQ(other["draws"], 10);
  EXPECT_EQ(other["seed"], 5);
  EXPECT_EQ(other["reference"], "step 80");
}

TEST_F(ScoringOptions, OnlySomeSeries) {
  std::string table = "series,step,task,value\n";
  for (int step = 1; step <= 9; ++step) {
    table += "deep," + std::to_string(step) + ",sums,0." + std::to_string(step) + "\n";
    table += "wide," + std::to_string(step) + ",sums,0." + std::to_string(10 - step) + "\n";
  }
  const std::string file = folder_->scratch.write("sums.csv", table);
  const auto signal = [&](const std::string& series) {
    const ProgramResult result =
        run_program({.arguments = {"score", file, "--format", "json", "--only-series", series}});
    EXPECT_EQ(result.exit_code, 0) << result.errors;
    return parse_json(result.output, "output");
  };
  const Json deep = signal("deep");
  ASSERT_EQ(deep["signal"].size(), 1u);
  EXPECT_EQ(deep["signal"][0]["series"], "deep");
  EXPECT_EQ(deep["leaderboard"][0]["monotonicity"], 1);
  EXPECT_EQ(deep["cells"].size(), 9u);
  EXPECT_EQ(signal("*e*")["signal"].size(), 2u);
  EXPECT_EQ(signal("wide, deep")["leaderboard"][0]["monotonicity"], 0.5);
  for (const char* wrong : {"x", "deep,x"}) {
    const ProgramResult none = run_program({.arguments = {"score", file, "--only-series", wrong}});
    EXPECT_EQ(none.exit_code, 2) << wrong;
    EXPECT_THAT(none.errors, HasSubstr("'x' fits no series (expected deep, wide)"));
  }
}

TEST_F(ScoringOptions, GridsAndWeights) {
  const Json json =
      score({"--from-step", "80", "--to-step", "120", "--step-multiple", "40", "--early-tokens",
             "1000:200000", "--late-tokens", "2e5:", "--weights", "1,0,0.5"});
  EXPECT_EQ(json["early_grid"],
            "steps divisible by 40, steps from 80, steps to 120, more than 1000 tokens, at most "
            "200000 tokens");
  EXPECT_EQ(json["late_grid"], "more than 200000 tokens");
  EXPECT_EQ(json["signal"][0]["n"], 1);
  EXPECT_EQ(json["weights"]["signal"], 1.0);
  EXPECT_EQ(json["weights"]["ranking"], 0.0);
  EXPECT_EQ(json["weights"]["compliance"], 0.5);
}

TEST_F(ScoringOptions, FewCheckpointsAreAFindingAndNoNumber) {
  const Json json = score({});
  EXPECT_TRUE(json["signal"][0]["signal_quality"].is_null());
  EXPECT_TRUE(json["signal"][0]["interval"].is_null());
  EXPECT_EQ(json["sanity"][0]["kind"], "few checkpoints");
  EXPECT_THAT(json["sanity"][0]["text"].get<std::string>(), HasSubstr("signal quality needs 8"));
}

TEST_F(ScoringOptions, ReportsTakeThemToo) {
  const std::string out = (folder_->scratch / "report").string();
  const ProgramResult result = run_program(
      {.arguments = {"report", run(), "-o", out, "--tie-rule", "average_pearson", "--draws=0"}});
  ASSERT_EQ(result.exit_code, 0) << result.errors;
  const Json json = parse_json(read_file(Path(out) / "report.json"), "report.json");
  EXPECT_EQ(json["rules"]["tie_rule"], "average_pearson");
  EXPECT_EQ(json["rules"]["draws"], 0);
}

TEST_F(ScoringOptions, WrongOnesAreASentence) {
  EXPECT_THAT(refused({"--tie-rule", "first"}), HasSubstr("--tie-rule: 'first' is unknown"));
  EXPECT_THAT(refused({"--orientation", "up"}), HasSubstr("natural or as-stored"));
  EXPECT_THAT(refused({"--compliance", "official"}), HasSubstr("gap_over_chance, auc_gap"));
  EXPECT_THAT(refused({"--weights", "1,2"}),
              HasSubstr("'1,2' are not three weights (expected signal,ranking,compliance"));
  EXPECT_THAT(refused({"--weights", "1,-2,3"}), HasSubstr("numbers from 0 up"));
  EXPECT_THAT(refused({"--draws", "1e9"}), HasSubstr("0 to 100000"));
  EXPECT_THAT(refused({"--draws", "-1"}), HasSubstr("--draws: '-1' is below 0"));
  EXPECT_THAT(refused({"--early-tokens", "206e9"}), HasSubstr("FROM:TO"));
  EXPECT_THAT(refused({"--early-tokens", "5:1"}), HasSubstr("FROM below TO"));
  EXPECT_THAT(refused({"--early-tokens", "nan:5"}), HasSubstr("'nan' is no number of tokens"));
  EXPECT_THAT(refused({"--late-tokens", "0:1.2B"}),
              HasSubstr("--late-tokens: '1.2B' is no number of tokens (expected one as 206e9"));
  EXPECT_THAT(refused({"--seed", "9223372036854775808"}),
              HasSubstr("(expected a whole number from 0 to 9000000000000000)"));
  EXPECT_THAT(refused({"--newest"}), HasSubstr("--newest: is about files of results"));
  EXPECT_THAT(refused({"--reference", "-3"}), HasSubstr("final, early-mean or a step"));
  EXPECT_THAT(refused({"--step-multiple", "0"}),
              HasSubstr("'0' is below 1 (expected a whole number from 1 up)"));
  EXPECT_THAT(refused({"--from-step", "9", "--to-step", "3"}),
              HasSubstr("a whole number from 9 up"));
}

}  // namespace
}  // namespace e2lm
