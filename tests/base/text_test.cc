#include "base/text.h"

#include <gtest/gtest.h>

#include "base/progress.h"

namespace e2lm {
namespace {

TEST(TextTest, SplitsAndTrims) {
  EXPECT_EQ(split("a,,b", ','), (std::vector<std::string>{"a", "", "b"}));
  EXPECT_EQ(split("", ','), (std::vector<std::string>{""}));
  EXPECT_EQ(trim(" \t a b\n"), "a b");
  EXPECT_EQ(trim(" \n"), "");
}

TEST(TextTest, FindsTheWordThatWasMeant) {
  const std::vector<std::string> keys = {"steps", "series", "tokens"};
  EXPECT_EQ(nearest("step", keys), "steps");
  EXPECT_EQ(nearest("serise", keys), "series");
  EXPECT_EQ(nearest("quantum", keys), "");
  EXPECT_EQ(nearest("x", {}), "");
  // Of a million letters and a million others the distance would take an hour.
  EXPECT_EQ(nearest(std::string(1'000'000, 'a'), std::vector{std::string(1'000'000, 'b')}), "");
  EXPECT_EQ(nearest("steps", std::vector{std::string(1'000'000, 'b')}), "");
}

TEST(TextTest, LowerCaseLeavesOtherBytesAlone) {
  EXPECT_EQ(ascii_lower("Step-AZ_09 É[`"), "step-az_09 É[`");
}

TEST(TextTest, MatchesGlobs) {
  EXPECT_TRUE(matches_glob("wordnet_kinds", "wordnet_*"));
  EXPECT_FALSE(matches_glob("wordnet_kinds", "kinds"));
}

TEST(TextTest, WritesNumbersForPeople) {
  EXPECT_EQ(with_commas(0), "0");
  EXPECT_EQ(with_commas(999), "999");
  EXPECT_EQ(with_commas(1000), "1,000");
  EXPECT_EQ(with_commas(-1234567), "-1,234,567");
  EXPECT_EQ(format_seconds(3.24), "3.2 s");
  EXPECT_EQ(format_seconds(125), "2 min 05 s");
  EXPECT_EQ(format_seconds(3725), "1 h 02 min");
}

TEST(TextTest, KnowsUtf8) {
  EXPECT_TRUE(is_utf8(""));
  EXPECT_TRUE(is_utf8("a\u00e9\u20ac\U0001F600\U0010FFFF"));
  for (const std::string_view bytes :
       {"\x80", "\xC3", "\xC0\x80", "\xE0\x9F\xBF", "\xED\xA0\x80", "\xF0\x8F\xBF\xBF",
        "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xE2\x82", "\xC3\x28", "\xFF"}) {
    EXPECT_FALSE(is_utf8(bytes));
  }
}

}  // namespace
}  // namespace e2lm
