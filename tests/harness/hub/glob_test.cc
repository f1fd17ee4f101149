#include "harness/hub/glob.h"

#include <gtest/gtest.h>

#include "tests/support/expect_error.h"

namespace e2lm {
namespace {

bool matches(std::string_view pattern, std::string_view path) {
  return Glob(pattern).matches(path);
}

TEST(GlobTest, AStarStaysInItsFolder) {
  EXPECT_TRUE(matches("*.csv", "a.csv"));
  EXPECT_TRUE(matches("*.csv", ".csv"));
  EXPECT_FALSE(matches("*.csv", "data/a.csv"));
  EXPECT_FALSE(matches("*.csv", "a.csv.gz"));
  EXPECT_TRUE(matches("data/*", "data/a.csv"));
  EXPECT_FALSE(matches("data/*", "data/x/a.csv"));
  EXPECT_TRUE(matches("*/test*.json", "en/test_1.json"));
  EXPECT_TRUE(matches("a*b*c", "a-bb-c"));
  EXPECT_FALSE(matches("a*b*c", "a-bb-cd"));
  EXPECT_TRUE(matches("exact.json", "exact.json"));
  EXPECT_FALSE(matches("exact.json", "exactXjson"));
}

TEST(GlobTest, TwoStarsAreAnyFolders) {
  EXPECT_TRUE(matches("**", "a"));
  EXPECT_TRUE(matches("**", "a/b/c.json"));
  EXPECT_TRUE(matches("data/**", "data/a/b.json"));
  EXPECT_FALSE(matches("data/**", "data"));
  EXPECT_FALSE(matches("data/**", "other/a"));
  EXPECT_TRUE(matches("**/test/**", "test/a"));
  EXPECT_TRUE(matches("**/test/**", "x/y/test/z/a"));
  EXPECT_FALSE(matches("**/test/**", "x/test"));
  EXPECT_TRUE(matches("**/*.csv", "a.csv"));
  EXPECT_TRUE(matches("a/**/b/*.csv", "a/x/b/y/b/1.csv"));
  expect_error([&] { Glob("data/**.csv"); }, "** beside other characters");
}

TEST(GlobTest, SetsAndSingleCharacters) {
  EXPECT_TRUE(matches("part-[0-9][0-9].json", "part-07.json"));
  EXPECT_FALSE(matches("part-[0-9][0-9].json", "part-7.json"));
  EXPECT_TRUE(matches("[!a-c]x", "dx"));
  EXPECT_FALSE(matches("[!a-c]x", "bx"));
  EXPECT_TRUE(matches("[]]x", "]x"));
  EXPECT_TRUE(matches("[a-]x", "-x"));
  EXPECT_TRUE(matches("a[b", "a[b")) << "a set that does not end is a bracket";
  EXPECT_TRUE(matches("?.csv", "é.csv"));
  EXPECT_FALSE(matches("?.csv", "ab.csv"));
  EXPECT_FALSE(matches("a?b", "a/b"));
}

TEST(GlobTest, ManyStarsTakeNoTime) {
  const std::string name(4000, 'a');
  std::string stars, folders;
  for (int i = 0; i < 60; ++i) stars += "*a";
  for (int i = 0; i < 60; ++i) folders += "**/";
  EXPECT_FALSE(matches(stars + "b", name));
  EXPECT_TRUE(matches(folders + "*", "a/b/c/d"));
}

}  // namespace
}  // namespace e2lm
