// Files of ../golden/tokenizers (see the README there): every text and every pair has the ids of
// the original library. A larger set beside the repository is tested too where it is there.

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gtest/gtest.h>

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/file.h"
#include "base/json.h"
#include "engine/tokenizer/pair.h"
#include "engine/tokenizer/tokenizer.h"
#include "tests/support/expect_error.h"
#include "tests/support/places.h"

namespace e2lm {
namespace {

using Ids = std::vector<int32_t>;

const Path kBundled = source_dir() / "tests/golden/tokenizers";
const Path kBeside = source_dir() / "../shared/golden/tokenizers";
constexpr const char* kNotThere = "the larger set is not beside the repository";

constexpr std::string_view kTokenizer = ".tokenizer.json";

// The names of the tokenizers in a folder.
std::vector<std::string> names_in(const Path& folder) {
  std::vector<std::string> names;
  for (const Path& file : list_folder(folder)) {
    const std::string name = file.filename().string();
    if (name.ends_with(kTokenizer))
      names.push_back(name.substr(0, name.size() - kTokenizer.size()));
  }
  return names;
}

Tokenizer read(const Path& folder, const std::string& name) {
  return Tokenizer::read(folder / (name + std::string(kTokenizer)));
}

// Reports the first mismatches of a tokenizer in full and counts the others.
class Mismatches {
 public:
  explicit Mismatches(std::string name) : name_(std::move(name)) {}
  ~Mismatches() {
    if (count_ > kShown) ADD_FAILURE() << name_ << ": " << count_ << " mismatches";
  }

  void expect_equal(const Ids& got, const Ids& expected, int64_t line, std::string_view what) {
    if (got == expected || ++count_ > kShown) return;
    ADD_FAILURE() << fmt::format("{}, line {}, {}:\n  got      {}\n  expected {}", name_, line,
                                 what, fmt::join(got, " "), fmt::join(expected, " "));
  }

 private:
  static constexpr int kShown = 3;
  std::string name_;
  int count_ = 0;
};

// Ids that are left out of a row when they equal others of it.
Ids ids_or(const Json& row, const char* key, const char* otherwise) {
  return row.value(key, row.at(otherwise)).get<Ids>();
}

void expect_cases(const Path& folder) {
  for (const std::string& name : names_in(folder)) {
    const Tokenizer tokenizer = read(folder, name);
    Mismatches mismatches(name);
    for_each_json_line(folder / (name + ".cases.jsonl"), [&](int64_t line, const Json& row) {
      const auto text = row.at("text").get<std::string>();
      mismatches.expect_equal(tokenizer.encode(text, SpecialTokens::omit), row.at("ids").get<Ids>(),
                              line, "ids");
      mismatches.expect_equal(tokenizer.encode(text, SpecialTokens::add),
                              ids_or(row, "ids_special", "ids"), line, "ids_special");
    });
  }
}

std::optional<TokenPair> try_encode_pair(const Tokenizer& tokenizer, const Json& row,
                                         SpecialTokens special) {
  try {
    return encode_pair(tokenizer, row.at("context").get<std::string>(),
                       row.at("continuation").get<std::string>(), special);
  } catch (const Error&) {
    return std::nullopt;
  }
}

// What is to come out where the original has no continuation to score.
void expect_separate(const Tokenizer& tokenizer, const Json& row, Ids context,
                     SpecialTokens special, const std::string& place) {
  const auto pair = try_encode_pair(tokenizer, row, special);
  const auto continuation = row.at("continuation").get<std::string>();
  const Ids alone = tokenizer.encode(continuation, SpecialTokens::omit);
  ASSERT_EQ(pair.has_value(), !context.empty() && !alone.empty()) << place;
  if (!pair) return;
  EXPECT_EQ(pair->context, context) << place;
  EXPECT_EQ(pair->continuation, alone) << place;
  EXPECT_FALSE(pair->prefix_kept) << place;
}

void expect_pairs(const Path& folder) {
  for (const std::string& name : names_in(folder)) {
    const Tokenizer tokenizer = read(folder, name);
    Mismatches mismatches(name);
    const auto check = [&](int64_t line, const Json& row, SpecialTokens special) {
      const bool add = special == SpecialTokens::add;
      const Ids context = ids_or(row, add ? "context_ids_special" : "context_ids", "context_ids");
      const Ids continuation =
          ids_or(row, add ? "continuation_ids_special" : "continuation_ids", "continuation_ids");
      if (continuation.empty()) {
        expect_separate(tokenizer, row, context, special, fmt::format("{}, line {}", name, line));
        return;
      }
      const TokenPair pair = try_encode_pair(tokenizer, row, special).value_or(TokenPair());
      mismatches.expect_equal(pair.context, context, line, "context");
      mismatches.expect_equal(pair.continuation, continuation, line, "continuation");
      if (!add) {
        EXPECT_EQ(pair.prefix_kept, row.at("prefix_kept").get<bool>()) << name << ", line " << line;
      }
    };
    for_each_json_line(folder / (name + ".pairs.jsonl"), [&](int64_t line, const Json& row) {
      check(line, row, SpecialTokens::omit);
      check(line, row, SpecialTokens::add);
    });
  }
}

void expect_refusals(const Path& folder) {
  const std::map<std::string, std::string> named_parts = {
      {"bad_behavior", "pre_tokenizer.pretokenizers[0].behavior: 'Sideways'"},
      {"dropout", "model.dropout: dropout is not supported"},
      {"merge_not_in_vocab", "model.merges[384]: 'zqqz' is not in the vocabulary"},
      {"no_model", "lacks the key 'model'"},
      {"precompiled_charsmap", "normalizer.type: 'Precompiled'"},
      {"unigram", "model.type: 'Unigram'"},
      {"unknown_normalizer", "normalizer.normalizers[1].type: 'Rot13'"},
      {"unknown_pre_tokenizer", "pre_tokenizer.type: 'FancySplit'"},
      {"wordpiece", "model.type: 'WordPiece'"},
  };
  for (const std::string& name : names_in(folder)) {
    SCOPED_TRACE(name);
    ASSERT_TRUE(named_parts.contains(name));
    expect_error([&] { read(folder, name); }, name + std::string(kTokenizer), named_parts.at(name));
  }
}

TEST(GoldenTokenizersTest, GiveTheIdsOfTheOriginal) {
  expect_cases(kBundled);
}
TEST(GoldenTokenizersTest, CutPairsAsTheOriginal) {
  expect_pairs(kBundled);
}
TEST(GoldenTokenizersTest, RefuseNamingThePart) {
  expect_refusals(kBundled / "refuse");
}

class MoreGoldenTokenizersTest : public testing::Test {
 protected:
  void SetUp() override {
    if (!std::filesystem::exists(kBeside)) GTEST_SKIP() << kNotThere;
  }
};

TEST_F(MoreGoldenTokenizersTest, GiveTheIdsOfTheOriginal) {
  expect_cases(kBeside);
}
TEST_F(MoreGoldenTokenizersTest, CutPairsAsTheOriginal) {
  expect_pairs(kBeside);
}
TEST_F(MoreGoldenTokenizersTest, RefuseNamingThePart) {
  expect_refusals(kBeside / "refuse");
}

}  // namespace
}  // namespace e2lm
