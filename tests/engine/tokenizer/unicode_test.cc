#include "engine/tokenizer/unicode.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <vector>

#include "base/file.h"
#include "base/hash.h"
#include "base/json.h"
#include "engine/tokenizer/regex.h"
#include "tests/support/expect_error.h"
#include "tests/support/places.h"

namespace e2lm {
namespace {

constexpr char32_t kEnd = 0x110000;

// What the original library thinks of every character.
Json golden_characters() {
  const Path path = source_dir() / "tests/golden/tokenizers/characters.json";
  return parse_json(read_file(path), path.string());
}

void for_each_character(const std::function<void(char32_t, const std::string&)>& visit) {
  for (char32_t character = 0; character < kEnd; ++character) {
    if (character >= 0xD800 && character < 0xE000) continue;
    std::string text;
    append_utf8(text, character);
    visit(character, text);
  }
}

std::vector<bool> set_of(const Json& ranges) {
  std::vector<bool> set(kEnd);
  for (const Json& range : ranges) {
    for (auto c = range[0].get<size_t>(); c <= range[1].get<size_t>(); ++c) set[c] = true;
  }
  return set;
}

TEST(UnicodeTest, ClassesAreTheOriginals) {
  const Json classes = golden_characters().at("classes");
  const std::pair<const char*, bool (*)(char32_t)> predicates[] = {
      {"is_numeric", is_numeric},
      {"is_punctuation", is_punctuation},
      {"is_word", is_word},
      {"is_white_space", is_white_space}};
  for (const auto& [name, predicate] : predicates) {
    const auto expected = set_of(classes.at(name));
    for_each_character([&](char32_t character, const std::string&) {
      if (predicate(character) == expected[character]) return;
      ADD_FAILURE() << fmt::format("{}(U+{:04X})", name, static_cast<uint32_t>(character));
    });
  }
}

TEST(UnicodeTest, PatternsKnowTheOriginalsCharacters) {
  std::string all;  // every character, each followed by one that no pattern matches
  std::vector<char32_t> character_at;
  for_each_character([&](char32_t character, const std::string& text) {
    character_at.resize(all.size() + 1);
    character_at.back() = character;
    all += text + '\0';
  });
  const Json patterns = golden_characters().at("patterns");
  for (const auto& [pattern, ranges] : patterns.items()) {
    std::vector<Span> matches;
    Regex(pattern, "pattern").find_all(all, matches);
    std::vector<bool> found(kEnd);
    for (const Span match : matches) found[character_at.at(match.begin)] = true;
    const auto expected = set_of(ranges);
    for (char32_t character = 0; character < kEnd; ++character) {
      if (found[character] == expected[character]) continue;
      ADD_FAILURE() << fmt::format("{}: U+{:04X}", pattern, static_cast<uint32_t>(character));
    }
  }
}

using Form = std::function<std::string(std::string_view)>;

// What the form makes of every character with these before it.
void expect_form(const std::string& name, const Form& form, const std::string& before = "") {
  int changed = 0;
  std::string all;
  for_each_character([&](char32_t, const std::string& character) {
    const std::string text = before + character;
    const std::string result = form(text);
    if (result == text) return;
    ++changed;
    all += text + '\t' + result + '\n';
  });
  const Json expected = golden_characters().at("forms").at(name);
  EXPECT_EQ(changed, expected.at("changed")) << name;
  EXPECT_EQ(sha256_hex(all), expected.at("sha256")) << name;
}

TEST(UnicodeTest, FormsAreTheOriginals) {
  const auto in_form = [](NormalForm form) {
    return [form](std::string_view text) { return normalize(text, form); };
  };
  expect_form("NFC", in_form(NormalForm::nfc));
  expect_form("NFD", in_form(NormalForm::nfd));
  expect_form("NFKC", in_form(NormalForm::nfkc));
  expect_form("NFKD", in_form(NormalForm::nfkd));
  expect_form("Lowercase", lowercase);
}

// U+0345 has the largest combining class: a mark that the original knows goes before it. Those
// that came after Unicode 9, like U+08D3, stay behind.
TEST(UnicodeTest, FormsSortTheMarksThatTheOriginalKnows) {
  const std::pair<const char*, NormalForm> forms[] = {{"NFC", NormalForm::nfc},
                                                      {"NFD", NormalForm::nfd},
                                                      {"NFKC", NormalForm::nfkc},
                                                      {"NFKD", NormalForm::nfkd}};
  for (const auto& [name, form] : forms) {
    expect_form(
        fmt::format("{} behind a mark", name),
        [form](std::string_view text) { return normalize(text, form); }, "a\u0345");
  }
}

TEST(UnicodeTest, NormalFormsLookAtNeighbours) {
  EXPECT_EQ(normalize("e\u0301", NormalForm::nfc), "é");
  EXPECT_EQ(normalize("e\u0323\u0301", NormalForm::nfc),
            normalize("e\u0301\u0323", NormalForm::nfc));
  // U+11938 came with Unicode 13: its parts stay apart.
  EXPECT_EQ(normalize("\U00011935\U00011930", NormalForm::nfc), "\U00011935\U00011930");
}

TEST(UnicodeTest, LowerCaseKnowsNoContext) {
  EXPECT_EQ(lowercase("ΟΔΟΣ İI"), "οδοσ i\u0307i");
}

TEST(UnicodeTest, PythonStripsMoreSpacesThanPatterns) {
  for (const char32_t c : {U' ', U'\t', U'\n', U'\u0085', U'\u00a0', U'\u2003', U'\u3000'}) {
    EXPECT_TRUE(is_white_space(c) && is_python_space(c));
  }
  for (const char32_t c : {U'\x1C', U'\x1D', U'\x1E', U'\x1F'}) {
    EXPECT_TRUE(!is_white_space(c) && is_python_space(c));
  }
  for (const char32_t c : {U'\u200b', U'\ufeff', U'\u180e', U'a'}) {
    EXPECT_FALSE(is_white_space(c) || is_python_space(c));
  }
}

TEST(UnicodeTest, RefusesWhatIsNotUtf8) {
  EXPECT_NO_THROW(require_utf8(""));
  EXPECT_NO_THROW(require_utf8("aé–\U0001F600\U0010FFFF"));
  for (const std::string_view bad :
       {"ab\x80", "ab\xC3", "ab\xC0\x80", "ab\xE2\x80", "ab\xED\xA0\x80", "ab\xF4\x90\x80\x80",
        "ab\xFFg", "ab\xF0\x9F\x98"}) {
    expect_error([&] { require_utf8(bad); }, "not valid UTF-8 at byte 2");
  }
}

}  // namespace
}  // namespace e2lm
