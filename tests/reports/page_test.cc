#include "reports/page.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <regex>

#include "reports/assets.h"
#include "reports/html.h"
#include "reports/page_tables.h"
#include "tests/support/sample_report.h"
#include "tests/support/synthetic_report.h"

namespace e2lm {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(PageTest, NeedsNothingElse) {
  const std::string page = page_html(sample_report());
  EXPECT_THAT(page, HasSubstr("Chart.js"));
  EXPECT_THAT(page, HasSubstr("<table id=\"leaderboard\">"));
  EXPECT_THAT(page, Not(HasSubstr("{{")));
  EXPECT_FALSE(std::regex_search(page, std::regex("<(link|script|img)[^>]*(src|href)=")))
      << "something would be loaded";
  EXPECT_EQ(page, page_html(sample_report())) << "the same report, the same bytes";
}

TEST(PageTest, ThePolicyForbidsTheNetworkAndForeignScripts) {
  const std::string page = page_html(sample_report());
  EXPECT_THAT(page, HasSubstr("content=\"default-src 'none'; script-src 'sha256-"));
  EXPECT_THAT(page, HasSubstr(content_hash(asset("page.js"))));
  EXPECT_THAT(page, HasSubstr("<script>" + std::string(asset("page.js")) + "</script>"))
      << "what is hashed is what stands there";
  EXPECT_THAT(page, Not(HasSubstr("unsafe")));
}

TEST(PageTest, TextFromFilesIsNeverMarkup) {
  const std::string evil = "</script><script>alert('x')</script>";
  const std::string page = page_html(sample_report("task " + evil, "series " + evil));
  EXPECT_THAT(page, Not(HasSubstr("<script>alert")));
  EXPECT_THAT(page, HasSubstr("&lt;/script&gt;&lt;script&gt;alert(&#39;x&#39;)"));
  EXPECT_THAT(page, HasSubstr("are &lt;damaged&gt;"));
}

// As in the terminal and in Markdown.
TEST(PageTest, WhatIsMissingIsSaidWhy) {
  Json report = report_json(sample_report());
  const size_t tasks = report["leaderboard"].size();
  report["absences"] = Json::array({{{"task", "a<b"},
                                     {"metric", "acc"},
                                     {"part", "compliance"},
                                     {"reason", "no group has a web series"}}});
  EXPECT_THAT(page_html(report), HasSubstr("No compliance: no group has a web series"));
  EXPECT_EQ(page_html(report).find("(a&lt;b acc).") != std::string::npos, tasks > 1)
      << "names only where it is not all of them";
  Report real = sample_report();
  for (Judgement& judgement : real.judgements) judgement.compliance_mean.reset();
  EXPECT_THAT(page_html(real), HasSubstr("<p class=\"note\">No compliance: "));
}

// Six series, 24 tasks, 32 checkpoints.
TEST(PageTest, ALargeReportStaysBelowTwoMegabytes) {
  const Json report = report_json(synthetic_report({}));
  EXPECT_EQ(report["curves"].size(), 24u);
  const size_t plain = page_html(report).size(), full = page_html(with_everything(report)).size();
  RecordProperty("plain_bytes", std::to_string(plain));
  RecordProperty("full_bytes", std::to_string(full));
  EXPECT_LT(plain, 1'000'000u);
  EXPECT_LT(full, 2'000'000u);
}

TEST(PageTest, AReportWithoutAnythingIsStillAPage) {
  const std::string page = page_html(Report{});
  EXPECT_THAT(page, HasSubstr("<b>0</b> tasks"));
  EXPECT_THAT(page, HasSubstr("Nothing odd was found"));
}

TEST(PageTest, ScoresHaveTheirIntervals) {
  Json report = report_json(sample_report());
  Json& row = report["leaderboard"][0];
  row["signal_quality"] = 0.5;
  row["null_mean"] = 0.25;
  row["signal_interval"] = {0.4, 0.625};
  const std::string html = leaderboard_html(report);
  EXPECT_THAT(html, HasSubstr("data-sort=\"0.5\"><b>0.500</b><small>0.400 to 0.625</small>"));
  EXPECT_THAT(html, HasSubstr("class=\"fill\" y=\"1\" width=\"50.0\""));
  EXPECT_THAT(html, HasSubstr("class=\"mark\" x=\"25.0\""));
  EXPECT_THAT(html, HasSubstr("class=\"whisker\" x=\"40.0\" y=\"3.2\" width=\"22.5\""));
  EXPECT_THAT(html, Not(HasSubstr("SNR"))) << "no row has one";
  row["snr"] = 2.5;
  row["early_enough_tokens"] = 5.2e10;
  EXPECT_THAT(leaderboard_html(report), HasSubstr("data-sort=\"2.5\">2.50<"));
  EXPECT_THAT(leaderboard_html(report), HasSubstr(">52 B<"));
  row["early_enough_tokens"] = 9.997e11;
  EXPECT_THAT(leaderboard_html(report), HasSubstr(">1000 B<"));
  row["early_enough_tokens"] = 0.0;  // not known
  row["early_enough_step"] = 3000;
  EXPECT_THAT(leaderboard_html(report), HasSubstr(">step 3,000<"));
}

TEST(PageTest, TheTextSaysWhatItIsMeasuredOn) {
  const std::string page = page_html(sample_report());
  EXPECT_THAT(page, HasSubstr("on more than 1600 tokens, reference final."));
}

TEST(PageTest, HopelessIntervalsAreLeftOut) {
  Json report = report_json(sample_report());
  for (const char* other : {"ranking_interval", "compliance_interval", "total_interval"}) {
    report["leaderboard"][0][other] = nullptr;
  }
  for (const char* pair : {"null", "[null, 1]", "[0.9, 0.1]", "[1]", "\"x\""}) {
    report["leaderboard"][0]["signal_interval"] = parse_json(pair, "test");
    EXPECT_THAT(leaderboard_html(report), Not(HasSubstr(" to "))) << pair;
  }
}

TEST(PageTest, CellsWithoutAResultAreSummedUpByReason) {
  Json report = {{"cells", Json::array()}};
  for (int step = 40; step <= 400; step += 40) {
    report["cells"].push_back(
        {{"series", "a"}, {"task", "t"}, {"step", step}, {"state", "missing"}, {"error", ""}});
  }
  for (int step : {7, 9}) {
    report["cells"].push_back(
        {{"series", "a"}, {"task", "t"}, {"step", step}, {"state", "failed"}, {"error", "no <k>"}});
  }
  const std::string html = sanity_html(report);
  EXPECT_THAT(html, HasSubstr("40 to 400 (10 checkpoints)"));
  EXPECT_THAT(html, HasSubstr("no &lt;k&gt;</td><td class=\"words\">7, 9</td>"));
}

TEST(PageTest, LongNamesDoNotWidenColumns) {
  std::string name;
  for (int i = 0; i < 25; ++i) name += "é";
  for (int i = 0; i < 25; ++i) name += "à";
  const std::string html = signal_html(report_json(sample_report("kinds", name)));
  const std::string ends = name.substr(0, 40) + "…" + name.substr(60);
  EXPECT_THAT(html, HasSubstr("title=\"" + name + "\">" + ends + "</th>"));
}

TEST(PageTest, FindingsAreNeverHidden) {
  const Json report = {{"sanity", {{{"kind", "outlier"}, {"step", 40}, {"text", "0.9 > 0.1"}}}}};
  const std::string html = sanity_html(report);
  EXPECT_THAT(html, HasSubstr("1 finding: outlier (1)."));
  EXPECT_THAT(html, HasSubstr("0.9 &gt; 0.1"));
  EXPECT_THAT(html, Not(HasSubstr("<details")));
  EXPECT_THAT(tiles_html(report), HasSubstr("<b>1</b> finding<"));
}

TEST(PageTest, JsonHasTheGridsAsNumbers) {
  const Json json = report_json(sample_report());
  EXPECT_EQ(json["grids"]["early"]["max_tokens"], 1600);
  EXPECT_EQ(json["grids"]["early"]["step_multiple"], 1);
  EXPECT_EQ(json["grids"]["late"]["min_tokens"], 1600);
  EXPECT_TRUE(json["grids"]["late"]["max_tokens"].is_null());
  EXPECT_EQ(json["curves"][0]["higher_is_better"], true);
  EXPECT_EQ(json["grids"]["early"]["min_step"], 0);
  EXPECT_TRUE(json["grids"]["early"]["max_step"].is_null());
}

}  // namespace
}  // namespace e2lm
