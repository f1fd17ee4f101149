#include "reports/page.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <regex>

#include "tests/support/sample_report.h"

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

TEST(PageTest, TextFromFilesIsNeverMarkup) {
  const std::string evil = "</script><script>alert('x')</script>";
  const std::string page = page_html(sample_report("task " + evil, "series " + evil));
  EXPECT_THAT(page, Not(HasSubstr("<script>alert")));
  EXPECT_THAT(page, HasSubstr("&lt;/script&gt;&lt;script&gt;alert(&#39;x&#39;)"));
  EXPECT_THAT(page, HasSubstr("are &lt;damaged&gt;"));
}

TEST(PageTest, DataInScriptsHasNoTags) {
  const Json json = {{"name", "</script>"}};
  EXPECT_EQ(script_json(json), "{\"name\":\"\\u003c/script>\"}");
  EXPECT_EQ(parse_json(script_json(json), "x"), json) << "and reads back";
}

}  // namespace
}  // namespace e2lm
