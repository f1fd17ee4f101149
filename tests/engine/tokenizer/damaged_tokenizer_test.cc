// A tokenizer.json is hostile input: whatever is wrong with it, the answer is an Error that names
// the file and the key path.

#include <gtest/gtest.h>

#include <functional>
#include <string>

#include "tests/engine/tokenizer/small_tokenizer.h"
#include "tests/support/expect_error.h"

namespace e2lm {
namespace {

using Damage = std::function<void(Json& file)>;

// Damages a good file and expects the message to hold the part and what is wrong with it.
void expect_refused(const Damage& damage, const std::string& part, const std::string& wrong) {
  SCOPED_TRACE(part);
  Json file = small_tokenizer();
  damage(file);
  expect_error([&] { read_tokenizer(file); }, "tokenizer.json: " + part, wrong);
}

// The same with one value replaced: a JSON pointer and the new value as JSON.
void expect_refused(const std::string& pointer, const std::string& value, const std::string& part,
                    const std::string& wrong) {
  expect_refused(
      [&](Json& file) { file[Json::json_pointer(pointer)] = parse_json(value, "value"); }, part,
      wrong);
}

TEST(DamagedTokenizerTest, TheUndamagedFileIsFine) {
  EXPECT_EQ(encode(small_tokenizer(), "abcb<s> a"), (Ids{5, 1, 6, 3, 0}));
}

TEST(DamagedTokenizerTest, Frame) {
  const Scratch scratch;
  expect_error([&] { Tokenizer::read(scratch.folder()); }, "has no tokenizer.json",
               "given as `tokenizer`");
  expect_error([&] { Tokenizer::read(scratch / "t.json"); }, "t.json", "No such file");
  expect_error([&] { Tokenizer::read(scratch.write("t.json", "{\"model\": {")); },
               "t.json:1:", "JSON");
  expect_error([&] { Tokenizer::read(scratch.write("t.json", "[]")); }, "t.json", "an object");
  expect_error([&] { Tokenizer::read(scratch.write("t.json", "")); }, "t.json:1:", "JSON");
  const std::string text = small_tokenizer().dump();
  for (size_t size = 0; size < text.size(); size += 7) {  // truncated anywhere
    expect_error([&] { Tokenizer::read(scratch.write("t.json", text.substr(0, size))); }, "t.json");
  }
  expect_refused("/version", R"("2.0")", "version", "'2.0' is not supported");
  expect_refused("/trie", "{}", "trie", "not supported");
  expect_refused([](Json& file) { file.erase("model"); }, "", "lacks the key 'model'");
}

TEST(DamagedTokenizerTest, Vocabulary) {
  expect_refused("/model/vocab/ab", "-1", "model.vocab.ab", "-1");
  expect_refused("/model/vocab/ab", "1.0", "model.vocab.ab", "a token id");
  expect_refused("/model/vocab/ab", "2147483647", "model.vocab.ab", "2147483647");
  expect_refused("/model/vocab/ab", "99999999999999999999", "model.vocab.ab", "a token id");
  expect_refused("/model/vocab/ab", "\"4\"", "model.vocab.ab", "a token id");
  expect_refused("/model/vocab/ab", "5", "model.vocab.abc", "5 is the id of another token");
  expect_refused("/model/vocab", "[[\"a\", 0]]", "model.vocab", "an object");
  expect_refused([](Json& file) { file["model"].erase("vocab"); }, "model", "'vocab'");
}

TEST(DamagedTokenizerTest, Merges) {
  expect_refused("/model/merges/1", R"(["ab", "x"])", "model.merges[1]", "'abx' is not in the");
  expect_refused("/model/merges/1", R"(["c", "ab"])", "model.merges[1]", "'cab' is not in the");
  expect_refused("/model/merges/1", R"(["a", "b", "c"])", "model.merges[1]", "is no merge");
  expect_refused("/model/merges/1", R"(["a", 1])", "model.merges[1]", "is no merge");
  expect_refused("/model/merges/1", R"("ab c")", "model.merges[1]", "is no merge");
  expect_refused("/model/merges", R"(["a b", "a  b"])", "model.merges[1]", "is no merge");
  expect_refused("/model/merges", R"(["ab"])", "model.merges[0]", "is no merge");
  expect_refused("/model/merges", R"({"a": "b"})", "model.merges", "a list");
  expect_refused([](Json& file) { file["model"].erase("merges"); }, "model", "'merges'");
}

TEST(DamagedTokenizerTest, Model) {
  expect_refused("/model/type", "\"WordPiece\"", "model.type", "'WordPiece' is not supported");
  expect_refused("/model/type", "7", "model.type", "a string");
  expect_refused("/model/dropout", "0.1", "model.dropout", "random");
  expect_refused("/model/dropout", "\"0\"", "model.dropout", "random");
  expect_refused("/model/unk_token", "0", "model.unk_token", "a string");
  expect_refused("/model/end_of_word_suffix", "\"</w>\"", "model.end_of_word_suffix", "affix");
  expect_refused("/model/continuing_subword_prefix", "\"##\"", "model.continuing_subword_prefix",
                 "affix");
  expect_refused("/model/ignore_merges", "1", "model.ignore_merges", "true or false");
  expect_refused("/model/fuse_unk", "\"no\"", "model.fuse_unk", "true or false");
  expect_refused("/model/unk_id", "0", "model.unk_id", "not supported");
  expect_refused("/model", "\"BPE\"", "model", "an object");
}

TEST(DamagedTokenizerTest, AddedTokens) {
  expect_refused("/added_tokens/0/id", "-1", "added_tokens[0].id", "-1");
  expect_refused("/added_tokens/0/id", "4294967296", "added_tokens[0].id", "a token id");
  expect_refused("/added_tokens/0/lstrip", "null", "added_tokens[0].lstrip", "true or false");
  expect_refused("/added_tokens/0/trim", "true", "added_tokens[0].trim", "not supported");
  expect_refused("/added_tokens/0", "\"<s>\"", "added_tokens[0]", "an object");
  expect_refused("/added_tokens", "{}", "added_tokens", "a list");
  for (const std::string key :
       {"id", "content", "single_word", "rstrip", "normalized", "special"}) {
    expect_refused([&](Json& file) { file["added_tokens"][0].erase(key); }, "added_tokens[0]",
                   "lacks the key '" + key + "'");
  }
}

TEST(DamagedTokenizerTest, Normalizers) {
  const auto refused = [](const std::string& value, const std::string& part,
                          const std::string& wrong) {
    expect_refused("/normalizer", value, "normalizer" + part, wrong);
  };
  refused(R"({})", "", "lacks the key 'type'");
  refused(R"({"type": "Nmt"})", ".type", "'Nmt' is not supported");
  refused(R"({"type": "NFC", "x": 1})", ".x", "not supported");
  refused(R"({"type": "Strip", "strip_left": true})", "", "strip_right");
  refused(R"({"type": "Prepend", "prepend": ""})", ".prepend", "is empty");
  refused(R"({"type": "Sequence", "normalizers": [{"type": "NFC"}, 1]})", ".normalizers[1]",
          "an object");
  refused(R"({"type": "Replace", "pattern": {"Regex": "a"}, "content": "$0"})", ".content", "'$'");
  refused(R"({"type": "Replace", "pattern": {"Regex": "[a"}, "content": ""})", ".pattern.Regex",
          "broken");
}

TEST(DamagedTokenizerTest, PreTokenizers) {
  const auto refused = [](const std::string& value, const std::string& part,
                          const std::string& wrong) {
    expect_refused("/pre_tokenizer", value, "pre_tokenizer" + part, wrong);
  };
  refused(R"({"type": "BertPreTokenizer"})", ".type", "'BertPreTokenizer' is not supported");
  refused(R"({"type": "ByteLevel"})", "", "add_prefix_space");
  refused(R"({"type": "Digits"})", "", "individual_digits");
  refused(R"({"type": "Punctuation", "behavior": "isolated"})", ".behavior", "'isolated'");
  refused(R"({"type": "Split", "pattern": " ", "behavior": "Removed", "invert": false})",
          ".pattern", "an object");
  refused(R"({"type": "Split", "pattern": {"String": " "}, "behavior": "Removed"})", "", "invert");
  refused(R"({"type": "Metaspace", "replacement": "ab"})", ".replacement", "not one character");
  refused(R"({"type": "Metaspace", "replacement": ""})", ".replacement", "not one character");
  refused(R"({"type": "Metaspace", "replacement": "_", "prepend_scheme": "last"})",
          ".prepend_scheme", "'last'");
  refused(R"({"type": "Metaspace", "replacement": "_", "add_prefix_space": false})",
          ".add_prefix_space", "contradicts");
  refused(R"({"type": "Sequence", "pretokenizers": [{"type": "Whitespace", "x": 0}]})",
          ".pretokenizers[0].x", "not supported");
  refused(R"({"type": "Sequence", "pretokenizers": [
            {"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true},
            {"type": "Metaspace", "replacement": "_", "prepend_scheme": "first"}]})",
          "", "'first' is not supported behind");
}

// Ten times ten times ..
TEST(DamagedTokenizerTest, ReplacementsThatFillTheMemory) {
  Json file = small_tokenizer();
  Json steps = Json::array();
  for (int i = 0; i < 12; ++i) {
    steps.push_back(
        {{"type", "Replace"}, {"pattern", {{"String", "c"}}}, {"content", "cccccccccc"}});
  }
  file["normalizer"] = {{"type", "Sequence"}, {"normalizers", steps}};
  EXPECT_EQ(encode(file, "a").size(), 1u);
  expect_error([&] { encode(file, "ac"); }, "normalizers[7].pattern",
               "makes a text of more than 67,108,864 bytes");
}

TEST(DamagedTokenizerTest, PostProcessors) {
  const auto refused = [](const std::string& single, const std::string& part,
                          const std::string& wrong) {
    const std::string value = R"({"type": "TemplateProcessing", "pair": [], "special_tokens": {
        "<s>": {"id": "<s>", "ids": [6], "tokens": ["<s>"]},
        "far": {"id": "far", "ids": [6, 7], "tokens": ["<s>", "?"]},
        "odd": {"id": "odd", "ids": "6", "tokens": []}}, "single": )" +
                              single + "}";
    expect_refused("/post_processor", value, "post_processor" + part, wrong);
  };
  refused(R"([{"SpecialToken": {"id": "<t>", "type_id": 0}}])", ".single[0].SpecialToken.id",
          "'<t>' is not in special_tokens");
  refused(R"([{"SpecialToken": {"id": "far", "type_id": 0}}])", ".special_tokens.far.ids[1]",
          "7 is no token's id");
  refused(R"([{"SpecialToken": {"id": "odd", "type_id": 0}}])", ".special_tokens.odd.ids",
          "a list");
  refused(R"([{"Sequence": {"id": "B", "type_id": 0}}])", ".single[0].Sequence.id", "'B'");
  refused(R"(["$A"])", ".single[0]", "an object");
  refused(R"("$A")", ".single", "a list");
  std::string many = "[";
  for (int i = 0; i < 1001; ++i) many += R"({"Sequence": {"id": "A", "type_id": 0}},)";
  many.back() = ']';
  refused(many, ".single[1000]", "too many tokens (expected at most 1000)");
  expect_refused("/post_processor", R"({"type": "BertProcessing"})", "post_processor.type",
                 "'BertProcessing' is not supported");
}

TEST(DamagedTokenizerTest, NamedTokens) {
  const Scratch scratch;
  scratch.write("tokenizer.json", small_tokenizer().dump());
  const auto refused = [&](const std::string& config, const std::string& wrong) {
    scratch.write("tokenizer_config.json", config);
    expect_error([&] { Tokenizer::read(scratch.folder()); }, "tokenizer_config.json", wrong);
  };
  refused(R"({"bos_token": ""})", "bos_token: '' is not in the vocabulary");
  refused(R"({"eos_token": 6})", "eos_token: 6");
  refused(R"({"eos_token": {"lstrip": true}})", "eos_token: lacks the key 'content'");
  refused(R"([])", "an object");
  refused(R"({"bos_token": )", "JSON");
}

}  // namespace
}  // namespace e2lm
