#include "engine/tokenizer/tokenizer.h"

#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <vector>

#include "base/hash.h"
#include "tests/engine/tokenizer/small_tokenizer.h"
#include "tests/support/expect_error.h"
#include "tests/support/places.h"

namespace e2lm {
namespace {

const Path kGolden = source_dir() / "tests/golden/tokenizers";

Tokenizer golden(const std::string& name) {
  return Tokenizer::read(kGolden / (name + ".tokenizer.json"));
}

TEST(TokenizerTest, KnowsItsFile) {
  const Scratch scratch;
  const std::string text = small_tokenizer().dump();
  const Path path = scratch.write("tokenizer.json", text);
  const Tokenizer plain = Tokenizer::read(path);
  EXPECT_EQ(plain.bos(), std::nullopt);
  EXPECT_EQ(plain.eos(), std::nullopt);
  EXPECT_EQ(plain.size(), 7);
  EXPECT_EQ(plain.sha256(), sha256_hex(text));

  scratch.write("tokenizer_config.json", R"({"bos_token": {"content": "<s>", "lstrip": false},
                                             "eos_token": "abc", "add_bos_token": true})");
  const Tokenizer named = Tokenizer::read(scratch.folder());
  EXPECT_EQ(named.bos(), 6);
  EXPECT_EQ(named.eos(), 5);
  EXPECT_EQ(named.encode("a", SpecialTokens::add), (Ids{0}));
}

TEST(TokenizerTest, BosOpensTextsWhereTheTemplateHasNothingThere) {
  const Scratch scratch;
  const auto opened = [&](const Json& template_part) {
    Json file = small_tokenizer();
    file["post_processor"] = template_part;
    scratch.write("tokenizer.json", file.dump());
    Tokenizer tokenizer = Tokenizer::read(scratch.folder());
    const bool opens = tokenizer.open_with_bos();
    EXPECT_EQ(opens, tokenizer.encode("a", SpecialTokens::add) != Ids({0}));
    EXPECT_EQ(tokenizer.encode("a", SpecialTokens::omit), Ids({0}));
    return tokenizer.encode("a", SpecialTokens::add);
  };
  const Json text = {{"Sequence", {{"id", "A"}, {"type_id", 0}}}};
  const Json token = {{"SpecialToken", {{"id", "<s>"}, {"type_id", 0}}}};
  const auto with = [&](const Json& single) {
    return Json{{"type", "TemplateProcessing"},
                {"single", single},
                {"pair", Json::array()},
                {"special_tokens", {{"<s>", {{"id", "<s>"}, {"ids", {6}}, {"tokens", {"<s>"}}}}}}};
  };
  EXPECT_EQ(opened(nullptr), Ids({0})) << "no BOS is named";
  scratch.write("tokenizer_config.json", R"({"bos_token": "abc"})");
  EXPECT_EQ(opened(nullptr), Ids({5, 0}));
  EXPECT_EQ(opened(with(Json::array({text}))), Ids({5, 0}));
  EXPECT_EQ(opened(with(Json::array({text, token}))), Ids({5, 0}))
      << "transformers 5 drops the token behind";
  EXPECT_EQ(opened(with(Json::array({token, text}))), Ids({6, 0})) << "the template's own stays";
}

TEST(TokenizerTest, TextsAreUtf8) {
  const Tokenizer tokenizer = read_tokenizer(small_tokenizer());
  EXPECT_EQ(tokenizer.encode("", SpecialTokens::add), Ids());
  expect_error([&] { tokenizer.encode("ab\xFF", SpecialTokens::omit); }, "UTF-8 at byte 2");
}

TEST(TokenizerTest, CharactersWithoutTokenAreDroppedOrUnknown) {
  Json file = small_tokenizer();
  EXPECT_EQ(encode(file, "axé日b"), (Ids{4}));  // dropped before the merges
  file["model"]["unk_token"] = "c";
  EXPECT_EQ(encode(file, "axéb"), (Ids{0, 2, 2, 1}));
  file["model"]["fuse_unk"] = true;
  EXPECT_EQ(encode(file, "axéb"), (Ids{0, 2, 1}));
  file["model"]["unk_token"] = "<unk>";
  EXPECT_EQ(encode(file, "ab"), (Ids{4}));
  expect_error([&] { encode(file, "x"); }, "model.unk_token", "'<unk>' is needed");
}

TEST(TokenizerTest, BytesStandInForCharacters) {
  Json file = small_tokenizer();
  file["model"]["byte_fallback"] = true;
  file["model"]["unk_token"] = "c";
  for (const std::string byte : {"<0xC3>", "<0xA9>"}) {
    file["model"]["vocab"][byte] = file["model"]["vocab"].size();
  }
  EXPECT_EQ(encode(file, "aé"), (Ids{0, 6, 7}));
  EXPECT_EQ(encode(file, "aè"), (Ids{0, 2}));  // one of its bytes is missing
  // The original lets bytes go before an unknown token that waits to be fused.
  EXPECT_EQ(encode(file, "èéa"), (Ids{6, 7, 2, 0}));
}

TEST(TokenizerTest, ReplacingAnEmptyMatchAtTheStartIsRefused) {
  Json file = small_tokenizer();
  file["normalizer"] =
      parse_json(R"({"type": "Replace", "pattern": {"Regex": "^"}, "content": "a"})", "normalizer");
  expect_error([&] { encode(file, "b"); }, "normalizer.pattern", "empty match");
}

TEST(TokenizerTest, ThreadsAgree) {
  for (const std::string name : {"h1_like", "rx_llama3", "sp_llama2"}) {
    const Tokenizer tokenizer = golden(name);
    std::vector<std::string> texts;
    for_each_json_line(kGolden / (name + ".cases.jsonl"),
                       [&](int64_t, const Json& row) { texts.push_back(row.at("text")); });
    const auto encode_all = [&] {
      std::vector<Ids> all;
      for (const auto& text : texts) all.push_back(tokenizer.encode(text, SpecialTokens::add));
      return all;
    };
    std::vector<std::vector<Ids>> results(4);
    std::vector<std::thread> threads;
    for (auto& result : results) threads.emplace_back([&] { result = encode_all(); });
    for (auto& thread : threads) thread.join();
    for (const auto& result : results) EXPECT_EQ(result, encode_all()) << name;
  }
}

// No part of the way takes time that grows with the square of a word's length.
TEST(TokenizerTest, LongWordsAreNoTrouble) {
  constexpr size_t kMillion = 1'000'000;
  std::string letters;
  while (letters.size() < kMillion) letters += "theenergyofwater";
  const auto count = [](const std::string& name, const std::string& text) {
    return golden(name).encode(text, SpecialTokens::omit).size();
  };
  EXPECT_GT(count("h1_like", letters), kMillion / 4);
  EXPECT_GT(count("rx_llama3", std::string(kMillion, '\n')), kMillion / 20);
  EXPECT_GT(count("sp_llama2", letters), kMillion / 4);
  EXPECT_EQ(count("h1_like", std::string(kMillion / 10, '7')), kMillion / 10);  // a word each
  EXPECT_EQ(count("added_flags", std::string(kMillion, ' ')), kMillion / 2);
  // Tokens of white space that take more white space on both sides.
  Json file = small_tokenizer();
  file["added_tokens"] = {added_token(6, "  "), added_token(7, "<s>")};
  for (Json& token : file["added_tokens"]) token["lstrip"] = token["rstrip"] = true;
  EXPECT_EQ(encode(file, std::string(kMillion, ' ')), (Ids{6}));
}

}  // namespace
}  // namespace e2lm
