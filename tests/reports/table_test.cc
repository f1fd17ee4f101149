#include "reports/table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "reports/page.h"
#include "tests/support/sample_report.h"

namespace e2lm {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::Not;

TEST(TableTest, AlignsByCharacters) {
  const Table table = {.header = {"task", "n"}, .rows = {{"é–", "1"}, {"long name", "12"}}};
  EXPECT_EQ(as_text(table),
            "task        n\n"
            "é–          1\n"
            "long name  12\n");
  EXPECT_EQ(as_markdown(table), "| task | n |\n|---|---:|\n| é– | 1 |\n| long name | 12 |\n");
}

// As of thirty series.
TEST(TableTest, ColumnsWithoutRoomGoOnBelow) {
  const Table table{.header = {"task", "a", "bb", "ccc"},
                    .rows = {{"x", "1", "2", "3"}, {"yy", "4", "5", "6"}}};
  EXPECT_EQ(as_text_within(table, 11),
            "task  a  bb\nx     1   2\nyy    4   5\n\n"
            "task  ccc\nx       3\nyy      6\n");
  EXPECT_EQ(as_text_within(table, 16), as_text(table));
  EXPECT_EQ(as_text_within(table, 1),
            "task  a\nx     1\nyy    4\n\n"
            "task  bb\nx      2\nyy     5\n\n"
            "task  ccc\nx       3\nyy      6\n");
  EXPECT_EQ(as_text_within({.header = {"task"}, .rows = {{"x"}}}, 1), "task\nx\n");
}

TEST(TableTest, NamesCannotSteerTheTerminal) {
  const Table table = {.header = {"task", "n"},
                       .rows = {{"red\x1b[31m", "1"}, {"two\nlines", "2"}, {"c1\xc2\x9b", "é"}}};
  EXPECT_EQ(as_text(table),
            "task         n\n"
            "red\\x1b[31m  1\n"
            "two lines    2\n"
            "c1\\x9b       é\n");
  EXPECT_THAT(as_text({.header = {"back\u202e", "aside\u2067"}, .rows = {}}),
              HasSubstr("back\\u202e  aside\\u2067\n"));
  EXPECT_THAT(as_markdown(table), HasSubstr("| red\\\\x1b\\[31m | 1 |\n"));
}

TEST(TableTest, MarkdownEscapesWhatWouldBreakIt) {
  const Table table = {.header = {"a"}, .rows = {{"x|y <b> `c` *d* e_f\ng"}}};
  EXPECT_THAT(as_markdown(table), HasSubstr("x\\|y \\<b> \\`c\\` \\*d\\* e\\_f g |\n"));
  const Table links = {.header = {"![a](http://b)"}, .rows = {{"~~c~~ &lt; $d$"}}};
  EXPECT_THAT(as_markdown(links), HasSubstr("| !\\[a](http://b) |\n"));
  EXPECT_THAT(as_markdown(links), HasSubstr("| \\~\\~c\\~\\~ \\&lt; \\$d\\$ |\n"));
}

TEST(TableTest, AbsentValuesAreDashes) {
  EXPECT_EQ(decimals({}), "–");
  EXPECT_EQ(decimals(0.12345), "0.123");
}

TEST(TableTest, TheLeaderboardSaysWhatIsMissingAndWhatIsNotOfficial) {
  const std::string text = leaderboard_text(sample_report());
  EXPECT_THAT(text, HasSubstr("1/1"));
  EXPECT_THAT(text, HasSubstr("1 of 2 cells have no result"));
  EXPECT_THAT(text, HasSubstr("formula is not public"));
  const std::string markdown = report_markdown(sample_report());
  EXPECT_THAT(markdown, HasSubstr("base step 2, kinds: failed: weights: are \\<damaged>"));
  EXPECT_THAT(markdown, HasSubstr("# Signal quality by series"));
}

// Scores of the first ten documents look like those of all.
TEST(TableTest, TheLeaderboardSaysHowManyDocumentsThereWere) {
  Report report = sample_report();
  report.judgements[0].items = 0;
  EXPECT_THAT(leaderboard_table(report).header, Not(Contains("items")));
  EXPECT_THAT(page_html(report), Not(HasSubstr("items</small>")));
  report.judgements[0].items = 14042;
  EXPECT_EQ(leaderboard_table(report).rows[0][2], "14,042");
  EXPECT_THAT(report_markdown(report), HasSubstr("| task | metric | items | signal |"));
  EXPECT_THAT(page_html(report), HasSubstr("<small>14,042 items</small>"));
  EXPECT_EQ(report_json(report)["leaderboard"][0]["items"], 14042);
}

// Nor do scores with five examples before each document look other than those with none.
TEST(TableTest, TheLeaderboardSaysHowManyExamplesPromptsHave) {
  Report report = sample_report();
  EXPECT_THAT(leaderboard_text(report), Not(HasSubstr("Prompts:")));
  EXPECT_THAT(page_html(report), Not(HasSubstr("Prompts:")));
  report.settings = "float32 cpu";
  report.shots = {{"kinds", 5}, {"parts", 5}};
  EXPECT_THAT(leaderboard_text(report), HasSubstr("\nPrompts: 5-shot.\n"));
  report.shots["glosses"] = 0;
  const char* text = "Prompts: 0-shot (glosses), 5-shot (kinds, parts).";
  EXPECT_THAT(leaderboard_text(report), HasSubstr(text));
  EXPECT_THAT(report_markdown(report), HasSubstr(text));
  EXPECT_THAT(page_html(report), HasSubstr(std::string("on float32 cpu. ") + text + "</p>"));
  EXPECT_EQ(report_json(report)["num_fewshot"],
            Json::parse(R"({"glosses": 0, "kinds": 5, "parts": 5})"));
  Json strange = report_json(report);
  strange["num_fewshot"] = {{"kinds", "five"}};
  EXPECT_THAT(page_html(strange), Not(HasSubstr("Prompts:")));
}

TEST(TableTest, AnAbsentScoreHasItsReason) {
  Report report = sample_report();
  EXPECT_THAT(leaderboard_text(report),
              HasSubstr("\nno ranking: no group has two science series\n"));
  EXPECT_THAT(report_markdown(report), HasSubstr("no ranking: no group has two science series"));
  report.judgements.push_back(report.judgements[0]);
  report.judgements[1].task = "parts";
  EXPECT_THAT(leaderboard_text(report), HasSubstr("two science series\n"));
  report.judgements[1].ranking_mean = 1;
  EXPECT_THAT(leaderboard_text(report), HasSubstr("two science series (kinds acc)\n"));
  EXPECT_THAT(page_html(report), HasSubstr("two science series (kinds acc).</p>"));
  report.judgements.insert(report.judgements.end(), 29, report.judgements[0]);
  const char* some =
      "(kinds acc, kinds acc, kinds acc, kinds acc, kinds acc, kinds acc, kinds acc, "
      "kinds acc and 22 more)";
  EXPECT_THAT(leaderboard_text(report), HasSubstr(some));
  EXPECT_THAT(page_html(report), HasSubstr(some));
}

TEST(TableTest, IntervalsStandInMarkdownOnly) {
  Report report = sample_report();
  Judgement& judgement = report.judgements[0];
  judgement.signal_mean = 0.5;
  judgement.signal_interval = Interval{0.25, 0.75};
  EXPECT_THAT(report_markdown(report), HasSubstr("| 0.500 (0.250 to 0.750) |"));
  EXPECT_THAT(leaderboard_text(report), Not(HasSubstr("0.250 to")));
  judgement.signal_interval = {};
  EXPECT_THAT(report_markdown(report), HasSubstr("| 0.500 |"));
}

TEST(TableTest, BestFirstWithinAMetric) {
  Report report = sample_report("flat");
  for (CurvePoint& point : report.curves[0].series[0].curve) point.value = 0.25 + point.step % 2;
  report.curves.push_back(sample_report("rising").curves[0]);
  report.judgements = judge(report.curves, report.rules);
  const Table table = leaderboard_table(report);
  EXPECT_EQ(table.rows[0][0], "rising");
  EXPECT_EQ(table.rows[1][0], "flat");
}

TEST(TableTest, JsonHasTheSameNumbers) {
  const Report report = sample_report();
  const Json json = report_json(report);
  EXPECT_EQ(json["leaderboard"][0]["signal_quality"].get<double>(),
            *report.judgements[0].signal_mean);
  EXPECT_TRUE(json["leaderboard"][0]["ranking_consistency"].is_null());
  EXPECT_EQ(json["signal"].size(), 2u);
  EXPECT_EQ(json["compliance"][0]["official"], false);
  EXPECT_EQ(json["curves"][0]["series"][0]["points"].size(), 20u);
  EXPECT_EQ(json["cells"][1]["state"], "failed");
}

}  // namespace
}  // namespace e2lm
