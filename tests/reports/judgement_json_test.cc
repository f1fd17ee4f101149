#include <gtest/gtest.h>

#include <limits>

#include "tests/support/sample_report.h"

namespace e2lm {
namespace {

// A report of two science series of one group and a web series.
Report ranked_report() {
  Report report = sample_report();
  SeriesCurve second = report.curves[0].series[0];
  second.series = "second";
  for (CurvePoint& point : second.curve) point.value -= 0.05;
  report.curves[0].series.push_back(second);
  report.rules.draws = 100;
  report.judgements = judge(report.curves, report.rules);
  return report;
}

TEST(JudgementJsonTest, SignalSaysWhatItIsWorth) {
  const Json signal = report_json(ranked_report())["signal"][0];
  EXPECT_EQ(signal["n"], 16);
  EXPECT_EQ(signal["lags"], 3);
  EXPECT_EQ(signal["tie_rule"], "stable");
  EXPECT_EQ(signal["interval"].size(), 2u);
  EXPECT_EQ(signal["interval_from"], "standard errors");
  for (const char* key : {"rho", "null_mean", "null_p", "null_share", "null_walk_mean",
                          "null_walk_p", "total_variation"}) {
    EXPECT_TRUE(signal[key].is_number()) << key;
  }
  for (const char* rule : {"stable", "reversed", "average_d2", "average_pearson", "min", "max"}) {
    for (const char* key : {"rho", "mono", "sq"}) {
      EXPECT_TRUE(signal["ties"][rule][key].is_number()) << rule << key;
    }
  }
  EXPECT_EQ(signal["ties"]["tied_groups"], 0);
  EXPECT_EQ(signal["finetasks"]["monotonicity"], 1.0);
  EXPECT_TRUE(signal["finetasks"]["non_randomness"].is_number());
  EXPECT_EQ(signal["signal_and_noise"]["monotonicity"], 1.0);
}

TEST(JudgementJsonTest, RankingHasStepsAndIntervals) {
  const Json json = report_json(ranked_report());
  EXPECT_EQ(json["ranking"][0]["interval"].size(), 2u);
  EXPECT_TRUE(json["ranking"][0]["reference_step"].is_number_integer());
  ASSERT_EQ(json["ranking_steps"].size(), 20u);
  const Json& last = json["ranking_steps"][19];
  EXPECT_EQ(last["models"], Json({"base", "second"}));
  EXPECT_EQ(last["step"], 20);
  EXPECT_EQ(last["decision_accuracy"], 1.0);
  EXPECT_EQ(last["kendall_tau_a"], 1.0);
  EXPECT_EQ(last["interval"].size(), 2u);
  const Json& task = json["task_signal"][0];
  EXPECT_EQ(task["snr"]["last_steps"], Json({16, 17, 18, 19, 20}));
  EXPECT_TRUE(task["snr"]["snr"]["base"].is_number());
  EXPECT_TRUE(task["finetasks"]["ordering_tau_a"].is_null()) << "no 15 billion tokens";
}

TEST(JudgementJsonTest, ComplianceReportsAllMeasuresAndNoneAsOfficial) {
  const Json json = report_json(ranked_report());
  const Json& compliance = json["compliance"][0];
  EXPECT_EQ(compliance["measure"], "gap_over_chance");
  EXPECT_EQ(compliance["official"], false);
  EXPECT_EQ(compliance["compliance"], compliance["gap_over_chance"]);
  EXPECT_TRUE(compliance["auc_gap"].is_number());
  EXPECT_TRUE(compliance["effect_size"].is_number());
  const Json& row = json["leaderboard"][0];
  for (const char* key :
       {"signal_interval", "ranking_interval", "compliance_interval", "total_interval"}) {
    EXPECT_EQ(row[key].size(), 2u) << key;
  }
  EXPECT_TRUE(row["snr"].is_number());
  EXPECT_TRUE(row.contains("early_enough_tokens"));
  EXPECT_TRUE(row.contains("early_enough_step"));
}

TEST(JudgementJsonTest, WhatIsOddIsListed) {
  Report report = ranked_report();
  report.curves[0].series[0].curve[4].value = std::numeric_limits<double>::quiet_NaN();
  report.judgements = judge(report.curves, report.rules);
  report.findings = {{.kind = "equal weights", .series = "base", .text = "two of one"}};
  const Json json = report_json(report);
  EXPECT_EQ(json["sanity"][0]["kind"], "equal weights");
  EXPECT_TRUE(json["sanity"][0]["step"].is_null());
  EXPECT_EQ(json["sanity"][1]["kind"], "not finite");
  EXPECT_EQ(json["sanity"][1]["step"], 5);
  EXPECT_EQ(json["curves"][0]["higher_is_better"], true);
  EXPECT_EQ(json.dump().find("nan"), std::string::npos);
}

}  // namespace
}  // namespace e2lm
