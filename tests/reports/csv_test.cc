#include "reports/csv.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/sample_report.h"
#include "tests/support/synthetic_report.h"

namespace e2lm {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

TEST(CsvTest, QuotesWhatWouldBreakACell) {
  const Table table = {.header = {"a", "b"},
                       .rows = {{"x,y", "say \"no\""}, {"two\nlines", " spaced"}, {"", "plain –"}}};
  EXPECT_EQ(as_csv(table),
            "a,b\n"
            "\"x,y\",\"say \"\"no\"\"\"\n"
            "\"two\nlines\",\" spaced\"\n"
            ",plain –\n");
}

TEST(CsvTest, NoCellIsAFormula) {
  const Table table = {.header = {"=1+1"},
                       .rows = {{"=HYPERLINK(\"http://x\",\"y\")"},
                                {"+cmd|' /C calc'!A0"},
                                {"-2+3"},
                                {"@SUM(A1)"},
                                {"\tx"},
                                {"\rx"}}};
  EXPECT_EQ(as_csv(table),
            "'=1+1\n"
            "\"'=HYPERLINK(\"\"http://x\"\",\"\"y\"\")\"\n"
            "'+cmd|' /C calc'!A0\n"
            "'-2+3\n"
            "'@SUM(A1)\n"
            "\"'\tx\"\n"
            "\"'\rx\"\n");
}

TEST(CsvTest, NegativeNumbersStayNumbers) {
  const Table table = {.header = {"a"}, .rows = {{"-0.25"}, {"-1e-05"}, {"-1 apple"}}};
  EXPECT_EQ(as_csv(table), "a\n-0.25\n-1e-05\n'-1 apple\n");
}

TEST(CsvTest, CurvesHaveARowForEveryCheckpointAndAllDigits) {
  Report report = sample_report();
  report.curves[0].series[0].curve[1].standard_error = {};
  report.curves[0].series[0].curve[1].value = 1.0 / 3;
  const std::string csv = curves_csv(report_json(report));
  EXPECT_THAT(csv, StartsWith("task,metric,series,group,mix,step,tokens,value,standard_error\n"
                              "kinds,acc,base,g,science,1,100,0.27,0.02\n"
                              "kinds,acc,base,g,science,2,200,0.3333333333333333,\n"));
  EXPECT_EQ(std::count(csv.begin(), csv.end(), '\n'), 41);
}

TEST(CsvTest, TheLeaderboardHasAColumnForEveryNumber) {
  const Json plain = report_json(sample_report());
  EXPECT_THAT(leaderboard_csv(plain),
              StartsWith("task,metric,items,chance,signal_quality,signal_interval.low,"
                         "signal_interval.high,monotonicity,autocorrelation,"));
  EXPECT_THAT(leaderboard_csv(plain),
              HasSubstr(",early_above_chance.count,early_above_chance.of,"));
  const Json json = {{"leaderboard",
                      {{{"task", "a"}, {"total", nullptr}, {"total_interval", nullptr}},
                       {{"task", "b"},
                        {"total", -0.5},
                        {"total_interval", {-0.75, 0}},
                        {"snr", {{"signal", 2}, {"noise", {1, 2, 3}}}}}}}};
  EXPECT_EQ(leaderboard_csv(json),
            "task,total,total_interval.low,total_interval.high,snr.signal\n"
            "a,,,,\n"
            "b,-0.5,-0.75,0,2\n");
  const Json without = {{"leaderboard", {{{"task", "a"}, {"total_interval", nullptr}}}}};
  EXPECT_EQ(leaderboard_csv(without), "task,total_interval.low,total_interval.high\na,,\n")
      << "the same columns where no row has an interval";
}

TEST(CsvTest, SignalHasARowForEverySeries) {
  const std::string csv = signal_csv(with_everything(report_json(synthetic_report({}))));
  EXPECT_EQ(std::count(csv.begin(), csv.end(), '\n'), 1 + 6 * 24);
  EXPECT_THAT(csv, HasSubstr(",finetasks.snr,"));
  EXPECT_THAT(csv, HasSubstr(",ties.stable.sq,"));
  EXPECT_THAT(csv, Not(HasSubstr("null,")));
}

TEST(CsvTest, NothingAtAllIsAnEmptyLine) {
  EXPECT_EQ(leaderboard_csv(report_json({})), "\n");
  EXPECT_EQ(curves_csv(report_json({})),
            "task,metric,series,group,mix,step,tokens,value,standard_error\n");
}

}  // namespace
}  // namespace e2lm
