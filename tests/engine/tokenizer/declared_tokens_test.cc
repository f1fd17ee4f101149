#include "engine/tokenizer/declared_tokens.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/engine/tokenizer/small_tokenizer.h"
#include "tests/support/expect_error.h"
#include "tests/support/places.h"

namespace e2lm {
namespace {

const Path kGolden = source_dir() / "tests/golden/tokenizers";

std::optional<int32_t> optional_id(const Json& row, const char* key) {
  return row.contains(key) ? std::optional(row.at(key).get<int32_t>()) : std::nullopt;
}

// Every row of declared.jsonl: files beside a tokenizer.json, and what transformers makes of them.
TEST(DeclaredTokensTest, AreThoseOfTheOriginal) {
  const std::string file = read_file(kGolden / "norm_lowercase.tokenizer.json");
  for_each_json_line(kGolden / "declared.jsonl", [&](int64_t, const Json& row) {
    SCOPED_TRACE(row.at("about").get<std::string>());
    const Scratch scratch;
    scratch.write("tokenizer.json", file);
    for (const std::string name : {"tokenizer_config", "special_tokens_map", "added_tokens"}) {
      if (row.contains(name)) scratch.write(name + ".json", row.at(name).dump());
    }
    const Tokenizer tokenizer = Tokenizer::read(scratch.folder());
    EXPECT_EQ(tokenizer.bos(), optional_id(row, "bos"));
    EXPECT_EQ(tokenizer.eos(), optional_id(row, "eos"));
    for (size_t i = 0; i < row.at("texts").size(); ++i) {
      const auto text = row["texts"][i].get<std::string>();
      EXPECT_EQ(tokenizer.encode(text, SpecialTokens::omit), row["ids"][i].get<Ids>()) << text;
    }
  });
}

// Transformers 5.23 does the same (padding in the file names a pad_token).
TEST(DeclaredTokensTest, PaddingNamesAToken) {
  Json file = small_tokenizer();
  file["padding"] = {{"pad_token", "<pad>"}};
  EXPECT_EQ(encode(file, "<pad>ab"), (Ids{7, 4}));
}

// Checkpoints with one tokenizer.json do not share their tokens where other files add some.
TEST(DeclaredTokensTest, ChangeTheHashWhereTheyChangeTheTokens) {
  const Scratch scratch;
  scratch.write("tokenizer.json", small_tokenizer().dump());
  const auto hash = [&](const std::string& config) {
    scratch.write("tokenizer_config.json", config);
    return Tokenizer::read(scratch.folder()).sha256();
  };
  const std::string plain = hash("{}"), with_bos = hash(R"({"bos_token": "<s>"})");
  EXPECT_NE(with_bos, plain) << "the prefix token is another";
  EXPECT_EQ(hash(R"({"bos_token": "<s>", "added_tokens_decoder": {"6": {
      "content": "<s>", "normalized": false, "special": true}}})"),
            with_bos);
  const std::string padded = hash(R"({"pad_token": "<pad>"})");
  EXPECT_NE(padded, plain);
  EXPECT_NE(hash(R"({"pad_token": {"content": "<pad>", "lstrip": true}})"), padded);
}

TEST(DeclaredTokensTest, FilesOfATokenizer) {
  const Scratch scratch;
  const Path file = scratch.write("tokenizer.json", small_tokenizer().dump());
  EXPECT_EQ(tokenizer_files(scratch.folder()), (std::vector<Path>{file}));
  const Path map = scratch.write("special_tokens_map.json", "{}");
  EXPECT_EQ(tokenizer_files(file), (std::vector<Path>{file, map}));
}

TEST(DeclaredTokensTest, WhatIsNotFollowedIsRefused) {
  const Scratch scratch;
  scratch.write("tokenizer.json", small_tokenizer().dump());
  const auto refused = [&](const std::string& name, const std::string& text,
                           const std::string& wrong) {
    const Path path = scratch.write(name, text);
    expect_error([&] { Tokenizer::read(scratch.folder()); }, name, wrong);
    std::filesystem::remove(path);
  };
  const std::string config = "tokenizer_config.json";
  refused(config, R"({"split_special_tokens": true})", "split_special_tokens: true is not supp");
  refused(config, R"({"added_tokens_decoder": {"x": {"content": "<t>"}}})", "x: is under a key");
  refused(config, R"({"added_tokens_decoder": {"7": "<t>"}})", "added_tokens_decoder.7");
  refused(config, R"({"added_tokens_decoder": {"7": {"content": "<t>", "bold": true}}})", "bold");
  refused(config, R"({"extra_special_tokens": "<t>"})", "extra_special_tokens");
  refused(config, R"({"extra_special_tokens": [7]})", "extra_special_tokens[0]");
  refused("special_tokens_map.json", R"({"bos_token": 7})", "bos_token: 7");
  refused("special_tokens_map.json", "[]", "an object");
  refused("added_tokens.json", R"({"<t>": "7"})", "<t>");
  refused("added_tokens.json", R"({"<t>": )", "JSON");
}

}  // namespace
}  // namespace e2lm
