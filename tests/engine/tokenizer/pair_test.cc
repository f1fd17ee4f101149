#include "engine/tokenizer/pair.h"

#include <gtest/gtest.h>

#include <string>

#include "tests/engine/tokenizer/small_tokenizer.h"
#include "tests/support/expect_error.h"

namespace e2lm {
namespace {

// The small tokenizer with <s> as BOS and, put there by a template, before every text.
class PairTest : public testing::Test {
 protected:
  Tokenizer read(const std::string& config = R"({"bos_token": "<s>"})") {
    Json file = small_tokenizer();
    file["post_processor"] = parse_json(R"({
        "type": "TemplateProcessing", "pair": [],
        "single": [{"SpecialToken": {"id": "<s>", "type_id": 0}},
                   {"Sequence": {"id": "A", "type_id": 0}}],
        "special_tokens": {"<s>": {"id": "<s>", "ids": [6], "tokens": ["<s>"]}}})",
                                        "template");
    scratch_.write("tokenizer.json", file.dump());
    scratch_.write("tokenizer_config.json", config);
    return Tokenizer::read(scratch_.folder());
  }

  const Scratch scratch_;
};

void expect_pair(const TokenPair& pair, const Ids& context, const Ids& continuation,
                 bool prefix_kept = true) {
  EXPECT_EQ(pair.context, context);
  EXPECT_EQ(pair.continuation, continuation);
  EXPECT_EQ(pair.prefix_kept, prefix_kept);
}

TEST_F(PairTest, TrailingSpaceMovesToTheContinuation) {
  const Tokenizer tokenizer = read();
  expect_pair(encode_pair(tokenizer, "ab ", "c", SpecialTokens::omit), {4}, {3, 2});
  expect_pair(encode_pair(tokenizer, "ab", " c", SpecialTokens::add), {6, 4}, {3, 2});
  expect_pair(encode_pair(tokenizer, "a ", "", SpecialTokens::omit), {0}, {3});
}

TEST_F(PairTest, ATokenOverTheJoinIsCutByCount) {
  const Tokenizer tokenizer = read();
  // abc is one token: of a + bcb only the last b is left.
  expect_pair(encode_pair(tokenizer, "a", "bcb", SpecialTokens::omit), {0}, {1}, false);
}

TEST_F(PairTest, ATokenThatSwallowsTheContinuationIsEncodedSeparately) {
  const Tokenizer tokenizer = read();
  expect_pair(encode_pair(tokenizer, "a", "bc", SpecialTokens::omit), {0}, {1, 2}, false);
  // Special tokens stand before the context only.
  expect_pair(encode_pair(tokenizer, "ab", "c", SpecialTokens::add), {6, 4}, {2}, false);
}

TEST_F(PairTest, ThePrefixTokenStandsForAnEmptyContext) {
  const Tokenizer tokenizer = read();
  expect_pair(encode_pair(tokenizer, "", "ab", SpecialTokens::omit), {6}, {4});
  expect_pair(encode_pair(tokenizer, " ", "ab", SpecialTokens::omit), {6}, {3, 4});
  expect_pair(encode_pair(tokenizer, "", "ab", SpecialTokens::add), {6}, {4});      // not doubled
  expect_pair(encode_pair(tokenizer, "", "<s>ab", SpecialTokens::omit), {6}, {4});  // nor here
  expect_pair(encode_pair(tokenizer, "", "<s>", SpecialTokens::omit), {6}, {6});
  // x has no token, and there is no unknown token.
  expect_pair(encode_pair(tokenizer, "x", "ab", SpecialTokens::omit), {6}, {4});
}

TEST_F(PairTest, SpecialTokensOnceWhereTheTextHasThemNot) {
  const Tokenizer tokenizer = read();
  const auto once = SpecialTokens::add_once;
  EXPECT_EQ(tokenizer.encode("ab", once), (Ids{6, 4}));
  EXPECT_EQ(tokenizer.encode("<s>ab", once), (Ids{6, 4}));
  EXPECT_EQ(tokenizer.encode("<s>ab", SpecialTokens::add), (Ids{6, 6, 4}));
  EXPECT_EQ(tokenizer.encode("a<s>b", once), (Ids{6, 0, 6, 1}));
  expect_pair(encode_pair(tokenizer, "ab", " c", once), {6, 4}, {3, 2});
  expect_pair(encode_pair(tokenizer, "<s>ab", " c", once), {6, 4}, {3, 2});
  expect_pair(encode_pair(tokenizer, "", "ab", once), {6}, {4});
  expect_pair(encode_pair(tokenizer, "", "<s>ab", once), {6}, {4});
  // Without a BOS the text of EOS says whether the text has its prefix.
  const Tokenizer eos = read(R"({"eos_token": "c"})");
  EXPECT_EQ(eos.encode("cab", once), (Ids{2, 4}));
  EXPECT_EQ(eos.encode("ab", once), (Ids{6, 4}));
}

// What HFLM of lm-evaluation-harness 0.4.13 scores for this tokenizer: it looks for an empty
// context before it moves the spaces.
TEST_F(PairTest, SpacesAloneAreEncodedWithTheTemplate) {
  Json file = small_tokenizer();
  file["post_processor"] = parse_json(R"({
      "type": "TemplateProcessing", "pair": [],
      "single": [{"SpecialToken": {"id": "<s>", "type_id": 0}},
                 {"Sequence": {"id": "A", "type_id": 0}},
                 {"SpecialToken": {"id": "c", "type_id": 0}}],
      "special_tokens": {"<s>": {"id": "<s>", "ids": [6], "tokens": ["<s>"]},
                         "c": {"id": "c", "ids": [2], "tokens": ["c"]}}})",
                                      "template");
  const Scratch scratch;
  scratch.write("tokenizer.json", file.dump());
  scratch.write("tokenizer_config.json", R"({"bos_token": "<s>"})");
  const Tokenizer tokenizer = Tokenizer::read(scratch.folder());
  for (const auto special : {SpecialTokens::add, SpecialTokens::add_once}) {
    expect_pair(encode_pair(tokenizer, " ", "ab", special), {6, 2}, {4, 2}, false);
    expect_pair(encode_pair(tokenizer, "  ", "a", special), {6, 2}, {3, 0, 2}, false);
  }
  expect_pair(encode_pair(tokenizer, "", "ab", SpecialTokens::add_once), {6}, {4});
  expect_pair(encode_pair(tokenizer, " ", "ab", SpecialTokens::omit), {6}, {3, 4});
}

TEST_F(PairTest, SeparateTextsAreEncodedEachOnItsOwn) {
  const Tokenizer tokenizer = read();
  const auto pair = [&](const char* context, const char* continuation, SpecialTokens special) {
    return encode_pair(tokenizer, context, continuation, special, Joining::separate);
  };
  expect_pair(pair("ab ", "c", SpecialTokens::omit), {4, 3}, {2});  // nothing moves
  expect_pair(pair("a", "bcb", SpecialTokens::omit), {0}, {1, 2, 1});
  expect_pair(pair("a", "b", SpecialTokens::add), {6, 0}, {1});  // before the context only
  expect_pair(pair("", "ab", SpecialTokens::omit), {6}, {4});
  expect_pair(pair("", "<s>ab", SpecialTokens::add), {6}, {4});
  expect_error([&] { pair("a", "", SpecialTokens::omit); }, "continuation: is empty");
  expect_error([&] { pair("a", "xx", SpecialTokens::omit); }, "'xx' has no tokens");
}

TEST_F(PairTest, EosIsThePrefixTokenWhereThereIsNoBos) {
  const Tokenizer tokenizer = read(R"({"bos_token": null, "eos_token": {"content": "c"}})");
  expect_pair(encode_pair(tokenizer, "", "ab", SpecialTokens::omit), {2}, {4});
  const Tokenizer without = read("{}");
  expect_error([&] { encode_pair(without, "", "ab", SpecialTokens::omit); }, "empty context",
               "bos_token or eos_token");
}

TEST_F(PairTest, NothingToScoreIsAnError) {
  const Tokenizer tokenizer = read();
  for (const std::string context : {"", "a"}) {
    expect_error([&] { encode_pair(tokenizer, context, "", SpecialTokens::omit); },
                 "continuation: is empty");
    expect_error([&] { encode_pair(tokenizer, context, "xx", SpecialTokens::omit); },
                 "continuation: 'xx' has no tokens");
  }
}

TEST_F(PairTest, BothTextsAreUtf8) {
  const Tokenizer tokenizer = read();
  for (const auto& [context, continuation] :
       {std::pair("a\xE2\x80", "b"), std::pair("a", "\x80"), std::pair("a\xC3", "\xA9")}) {
    expect_error([&] { encode_pair(tokenizer, context, continuation, SpecialTokens::omit); },
                 "not valid UTF-8");
  }
}

// Choices share their question, and another question may come between them.
TEST_F(PairTest, PairsOneAfterAnotherAreThoseOfEachAlone) {
  const Tokenizer tokenizer = read();
  const std::string contexts[] = {"ab", "ab", "ab ", "", " ", "ab", "x", "x", "", "abab", "ab"};
  const std::string continuations[] = {" a", "c", "bcb", "<s>ab"};
  for (const Joining joining : {Joining::joint, Joining::separate}) {
    for (const auto special : {SpecialTokens::omit, SpecialTokens::add, SpecialTokens::add_once}) {
      PairEncoder encoder(tokenizer, special, joining);
      for (const std::string& context : contexts) {
        for (const std::string& continuation : continuations) {
          const TokenPair pair = encode_pair(tokenizer, context, continuation, special, joining);
          expect_pair(encoder.encode(context, continuation), pair.context, pair.continuation,
                      pair.prefix_kept);
        }
      }
    }
  }
}

}  // namespace
}  // namespace e2lm
