#include "engine/tokenizer/pattern.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/support/expect_error.h"

namespace e2lm {
namespace {

Pattern pattern(const std::string& json) {
  const SortedJson document = parse_sorted_json(json, "p.json");
  return Pattern::read(JsonPart(document, "p.json"));
}

std::vector<Span> matches(const Pattern& pattern, std::string_view text) {
  std::vector<Span> found;
  pattern.find_all(text, found);
  return found;
}

// The pieces of a text split at hyphens.
std::vector<std::string> pieces(SplitBehavior behavior, std::string_view text) {
  std::vector<Cut> cuts;
  cut_at(matches(pattern(R"({"String": "-"})"), text), text, cuts);
  std::vector<Span> spans;
  split(cuts, behavior, spans);
  std::vector<std::string> texts;
  for (const Span span : spans) texts.emplace_back(span.of(text));
  return texts;
}

using Texts = std::vector<std::string>;
using Spans = std::vector<Span>;

TEST(PatternTest, SplitsInFiveWays) {
  const std::string_view text = "a-b--c";
  EXPECT_EQ(pieces(SplitBehavior::removed, text), (Texts{"a", "b", "c"}));
  EXPECT_EQ(pieces(SplitBehavior::isolated, text), (Texts{"a", "-", "b", "-", "-", "c"}));
  EXPECT_EQ(pieces(SplitBehavior::merged_with_previous, text), (Texts{"a-", "b-", "-", "c"}));
  EXPECT_EQ(pieces(SplitBehavior::merged_with_next, text), (Texts{"a", "-b", "-", "-c"}));
  EXPECT_EQ(pieces(SplitBehavior::contiguous, text), (Texts{"a", "-", "b", "--", "c"}));
}

TEST(PatternTest, SplitsAtTheEdges) {
  EXPECT_EQ(pieces(SplitBehavior::removed, "--"), Texts());
  EXPECT_EQ(pieces(SplitBehavior::merged_with_previous, "-a-"), (Texts{"-", "a-"}));
  EXPECT_EQ(pieces(SplitBehavior::merged_with_next, "-a-"), (Texts{"-a", "-"}));
  EXPECT_EQ(pieces(SplitBehavior::contiguous, "--a"), (Texts{"--", "a"}));
  EXPECT_EQ(pieces(SplitBehavior::isolated, ""), Texts());
}

TEST(PatternTest, StringsAreLiteral) {
  EXPECT_EQ(matches(pattern(R"({"String": "."})"), "a.b"), (Spans{{1, 2}}));
  EXPECT_EQ(matches(pattern(R"({"String": "aa"})"), "aaaaa"), (Spans{{0, 2}, {2, 4}}));
  EXPECT_EQ(matches(pattern(R"({"String": ""})"), "aé"), (Spans{{0, 0}, {1, 1}, {3, 3}}));
}

TEST(PatternTest, EmptyMatchesDoNotFollowAMatch) {
  EXPECT_EQ(matches(pattern(R"({"Regex": "l*"})"), "hello"),
            (Spans{{0, 0}, {1, 1}, {2, 4}, {5, 5}}));
  EXPECT_EQ(matches(pattern(R"({"Regex": "(?=é)|x"})"), "aéé"), (Spans{{1, 1}, {3, 3}}));
}

TEST(PatternTest, SeesOnlyItsText) {
  // The look-behind has nothing to look at: a piece is a text of its own.
  EXPECT_EQ(matches(pattern(R"({"Regex": "(?<=a)b"})"), std::string_view("ab").substr(1)), Spans());
}

// As the original's Oniguruma: symbols count, which they did not before its version 6.9.9. All
// characters are compared in unicode_test.cc, too.
TEST(PatternTest, BracketsOfPunctuationHoldSymbols) {
  const std::string_view text = "a=-]b€";
  const auto found = [&](const std::string& regex) {
    return matches(pattern(Json{{"Regex", regex}}.dump()), text);
  };
  const Spans both = {{1, 2}, {2, 3}, {3, 4}, {5, 8}};
  for (const char* regex : {"[[:punct:]]", "[^[:^punct:]]", "[[:punct:]&&[^a-z]]", "[][:punct:]]",
                            R"([\][:punct:]])", "(?#[)[[:punct:]]", "(?i)[[:punct:]]"}) {
    EXPECT_EQ(found(regex), both) << regex;
  }
  for (const char* regex : {"[[:^punct:]]", "[^[:punct:]]", "[^][:punct:]]"}) {
    EXPECT_EQ(found(regex), (Spans{{0, 1}, {4, 5}})) << regex;
  }
  EXPECT_EQ(found("(?P)[[:punct:]]"), (Spans{{1, 2}, {2, 3}, {3, 4}}));
  EXPECT_EQ(found("[[:punct:]&&[^=]]+"), (Spans{{2, 4}, {5, 8}}));
  EXPECT_EQ(found(R"(\[|[:punct:])"), Spans());
  EXPECT_EQ(found("[:punct:]"), Spans()) << "no bracket, but a set of letters and the colon";
  expect_error([&] { found("[a-[:punct:]]"); }, "p.json: Regex", "broken");
}

TEST(PatternTest, BrokenOnesNameTheirPlace) {
  expect_error([] { pattern(R"({"Regex": "("})"); }, "p.json: Regex", "broken", "parenthesis");
  expect_error([] { pattern(R"({"Regex": "[b-a]"})"); }, "p.json: Regex", "broken");
  expect_error([] { pattern(R"({"Regex": "a", "String": "a"})"); }, "p.json: is no pattern");
  expect_error([] { pattern(R"({})"); }, "p.json: is no pattern");
  expect_error([] { pattern(R"({"Glob": "*"})"); }, "p.json: Glob", "not supported");
  expect_error([] { pattern(R"({"Regex": 1})"); }, "p.json: Regex", "a string");
  expect_error([] { pattern(R"(" ")"); }, "p.json", "an object");
}

// U+11F04 and U+11F05 came with Unicode 15, and one character stands in for both.
TEST(PatternTest, NewerCharactersAreNotTakenForEqual) {
  const Pattern twice = pattern(R"({"Regex": "(\\w)\\1"})");
  EXPECT_EQ(matches(twice, "aab"), (Spans{{0, 2}}));
  expect_error([&] { matches(twice, "\U00011F04\U00011F05"); }, "p.json", "back-reference");
  EXPECT_EQ(matches(pattern(R"({"Regex": "\\w\\\\?"})"), "\U00011F04").size(), 1u);
}

TEST(PatternTest, HopelessBacktrackingIsAnError) {
  const Pattern hopeless = pattern(R"({"Regex": "(?:a|aa)+[^a]z|q"})");
  expect_error([&] { matches(hopeless, std::string(40, 'a') + 'b'); }, "p.json: Regex",
               "cannot match");
}

}  // namespace
}  // namespace e2lm
