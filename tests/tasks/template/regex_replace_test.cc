#include <gtest/gtest.h>

#include "tests/support/expect_error.h"
#include "tests/tasks/template/support.h"

namespace e2lm {
namespace {

std::string replaced(const std::string& text, const std::string& pattern,
                     const std::string& replacement, int count = 0) {
  const Json document = {{"text", text}, {"p", pattern}, {"r", replacement}, {"n", count}};
  return Template::parse("{{ text|regex_replace(p, r, n) }}", "t").render(document);
}

TEST(RegexReplaceTest, ReplacesAsPythonDoes) {
  EXPECT_EQ(replaced("a  b\t c", R"(\s+)", " "), "a b c");
  EXPECT_EQ(replaced("[title] text [header]", R"(\[.*?\])", ""), " text ");
  EXPECT_EQ(replaced("John Smith", R"((\w+) (\w+))", R"(\2, \g<1>)"), "Smith, John");
  EXPECT_EQ(replaced("aaaa", "a", "b", 2), "bbaa");
  EXPECT_EQ(replaced("x-y", "[-x]", "_"), "__y");
  EXPECT_EQ(replaced("naïve", R"(\w)", "w"), "wwwww");
  EXPECT_EQ(replaced("e\u0301x", R"(\w)", "w"), "w\u0301w") << "a mark is no letter in Python";
  EXPECT_EQ(replaced("a\x1c\u00a0z", R"(\s)", "_"), "a__z");
  EXPECT_EQ(replaced("ab ac", R"(a(?=c))", "X"), "ab Xc");
  EXPECT_EQ(replaced("a1b22", R"(\d{2,})", "N"), "a1bN");
  EXPECT_EQ(replaced("one\ntwo\n", "^|$", "#"), "#one\ntwo#\n#");
  EXPECT_EQ(replaced("a b", R"(\b)", "|"), "|a| |b|");
  EXPECT_EQ(replaced("x", "x", R"(\\ \n\.)"), "\\ \n\\.");
}

TEST(RegexReplaceTest, EmptyMatchesStandBetweenTheOthers) {
  EXPECT_EQ(replaced("abxd", "x*", "-"), "-a-b--d-");
  EXPECT_EQ(replaced("aab", "|ab|a", R"(<\g<0>>)"), "<><a><><ab><>");
  EXPECT_EQ(replaced("", "x*", "-"), "-");
}

TEST(RegexReplaceTest, RefusesWhatItCouldReadDifferently) {
  const auto refuses = [](const std::string& pattern, const std::string& message) {
    expect_error([&] { replaced("text", pattern, ""); }, message);
  };
  refuses("(?P<n>a)", "a group is not supported");
  refuses("(?i)a", "a group is not supported");
  refuses("(?<=a)b", "a group is not supported");
  refuses("a*+", "a possessive repeat");
  refuses("a**", "a repeat follows nothing to repeat");
  refuses("*a", "a repeat follows nothing to repeat");
  refuses("(a*)*", "a repeat of what may be empty");
  refuses("(a|)+", "a repeat of what may be empty");
  refuses(R"(\B)", "an escape is not supported");
  refuses("[b-a]", "a range in a class is broken");
  refuses("(a", "a group is not closed");
  refuses("a)", "a group is closed that was not opened");
  refuses("[a", "a class is not closed");
  expect_error([] { replaced("a", "a", R"(\1)"); }, "names a group that the regular expression");
}

TEST(RegexReplaceTest, SlowPatternsEnd) {
  expect_error([] { replaced(std::string(3000, 'a') + "\nb", ".*.*.*.*b", ""); },
               "regular expression fails");
  expect_error([] { replaced(std::string(50000, 'a'), "a", "b"); }, "takes more than");
}

}  // namespace
}  // namespace e2lm
