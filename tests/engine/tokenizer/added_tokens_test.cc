#include "engine/tokenizer/added_tokens.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/engine/tokenizer/small_tokenizer.h"
#include "tests/support/expect_error.h"

namespace e2lm {
namespace {

// A finder's stretches written out: tokens in brackets.
std::string cut(const std::vector<AddedToken>& tokens, std::string_view text) {
  TokenFinder finder;
  for (const AddedToken& token : tokens) EXPECT_TRUE(finder.add(token));
  std::string written;
  for (const Stretch& stretch : finder.cut(text)) {
    const auto part = std::string(stretch.span.of(text));
    written += stretch.id ? "[" + part + "]" : part;
  }
  return written;
}

TEST(AddedTokensTest, TheLeftmostLongestIsFound) {
  const std::vector<AddedToken> tokens = {{"foo"}, {"foobar"}, {"ob"}, {"é"}};
  EXPECT_EQ(cut(tokens, "foobar"), "[foobar]");
  EXPECT_EQ(cut(tokens, "fooba"), "[foo]ba");
  EXPECT_EQ(cut(tokens, "fofooboé"), "fo[foo]bo[é]");
  EXPECT_EQ(cut(tokens, "è"), "è");  // shares its first byte with é
  EXPECT_EQ(cut(tokens, ""), "");
  EXPECT_EQ(cut({}, "foo"), "foo");
}

TEST(AddedTokensTest, SingleWordsStandAlone) {
  const std::vector<AddedToken> tokens = {{.content = "foo", .single_word = true}};
  EXPECT_EQ(cut(tokens, "foo, foo-foo"), "[foo], [foo]-[foo]");
  EXPECT_EQ(cut(tokens, "xfoo fooé foo_ 1foo"), "xfoo fooé foo_ 1foo");
  // What is refused hides the tokens inside it.
  EXPECT_EQ(cut({{.content = "foo", .single_word = true}, {"oo"}}, "foox"), "foox");
}

TEST(AddedTokensTest, WhiteSpaceIsTakenOnce) {
  const AddedToken both = {.content = "<b>", .lstrip = true, .rstrip = true};
  EXPECT_EQ(cut({{.content = "<b>", .lstrip = true}}, "a \n<b> c"), "a[ \n<b>] c");
  EXPECT_EQ(cut({{.content = "<b>", .rstrip = true}}, "a <b>\u3000\tc"), "a [<b>\u3000\t]c");
  EXPECT_EQ(cut({both}, "<b>  <b>"), "[<b>  ][<b>]");
  // A token of white space inside what was taken: gone if it would take more, else found again.
  EXPECT_EQ(cut({both, {.content = "  ", .lstrip = true}}, "<b>  x"), "[<b>  ]x");
  EXPECT_EQ(cut({both, {"  "}}, "<b>   x"), "[<b>   ][  ] x");
}

TEST(AddedTokensTest, IdsComeFromTheVocabularyOrFollowIt) {
  Json file = small_tokenizer();
  file["added_tokens"] = {added_token(6, "<s>"), added_token(4, "ab"), added_token(99, "<t>"),
                          added_token(100, "")};
  EXPECT_EQ(encode(file, "cab<s><t>"), (Ids{2, 4, 6, 7}));
  EXPECT_EQ(read_tokenizer(file).size(), 8);
}

TEST(AddedTokensTest, ATokenOfTheVocabularyShiftsNoIdsWhereTheyHaveGaps) {
  Json file = small_tokenizer();
  file["model"]["vocab"]["abc"] = 50;
  file["added_tokens"] = {added_token(50, "abc"), added_token(51, "<s>"), added_token(52, "<t>")};
  EXPECT_EQ(encode(file, "abc<s><t>"), (Ids{50, 6, 7}));  // of tokenizers since 0.22
  const Scratch scratch;
  scratch.write("tokenizer_config.json", R"({"bos_token": "<b>", "eos_token": "<e>"})");
  const auto with_others = Tokenizer::read(scratch.write("tokenizer.json", file.dump()));
  EXPECT_EQ(with_others.encode("<s><b><e>", SpecialTokens::omit), (Ids{6, 51, 52}))
      << "those declared beside it follow all of them";
}

TEST(AddedTokensTest, NormalizedOnesAreFoundInNormalizedText) {
  Json file = small_tokenizer();
  file["normalizer"] = {{"type", "Lowercase"}};
  file["added_tokens"] = {added_token(6, "ABC"), added_token(7, "CC")};
  file["added_tokens"][0]["normalized"] = true;
  EXPECT_EQ(encode(file, "aBc CC cc"), (Ids{6, 3, 7, 3, 2, 2}));
}

TEST(AddedTokensTest, AmbiguousOnesAreRefused) {
  Json file = small_tokenizer();
  file["normalizer"] = {{"type", "Lowercase"}};
  file["added_tokens"] = {added_token(6, "X"), added_token(7, "x")};
  EXPECT_NO_THROW(read_tokenizer(file));
  for (Json& token : file["added_tokens"]) token["normalized"] = true;
  expect_error([&] { read_tokenizer(file); }, "added_tokens[1].content", "'x' stands for two");
  file["normalizer"] = {{"type", "Strip"}, {"strip_left", true}, {"strip_right", true}};
  file["added_tokens"][0]["content"] = "  ";
  expect_error([&] { read_tokenizer(file); }, "added_tokens[0].content", "nothing is left");
  file = small_tokenizer();
  file["added_tokens"] = {added_token(6, "x"), added_token(6, "y")};
  expect_error([&] { read_tokenizer(file); }, "added_tokens[1].id", "6 is the id of another token");
}

}  // namespace
}  // namespace e2lm
