#include "tasks/template/unicode.h"

#include <unicode/casemap.h>
#include <unicode/uchar.h>
#include <unicode/ustring.h>
#include <unicode/utf16.h>
#include <unicode/utf8.h>

#include <algorithm>
#include <array>
#include <cstdint>

namespace e2lm::jinja {
namespace {

constexpr uint8_t kUnicodeVersion = 14;

UChar32 icu_character(char32_t c) {
  return static_cast<UChar32>(c);
}

bool is_assigned(char32_t c) {
  UVersionInfo age;
  u_charAge(icu_character(c), age);
  return age[0] > 0 && age[0] <= kUnicodeVersion;
}

bool has_category(char32_t c, uint32_t mask) {
  return (U_GET_GC_MASK(icu_character(c)) & mask) != 0 && is_assigned(c);
}

bool has_property(char32_t c, UProperty property) {
  return u_hasBinaryProperty(icu_character(c), property) && is_assigned(c);
}

enum class Case { lower, upper, title };

void append_mapped(std::string& out, char32_t c, Case to) {
  std::array<UChar, 2> from;
  std::array<UChar, 8> mapped;  // Unicode maps a character to three at most
  int32_t length = 0;
  U16_APPEND_UNSAFE(from.data(), length, icu_character(c));
  UErrorCode status = U_ZERO_ERROR;
  const auto room = static_cast<int32_t>(mapped.size());
  int32_t count = 0;
  switch (to) {
    case Case::lower:
      count = u_strToLower(mapped.data(), room, from.data(), length, "", &status);
      break;
    case Case::upper:
      count = u_strToUpper(mapped.data(), room, from.data(), length, "", &status);
      break;
    case Case::title:
      count =
          icu::CaseMap::toTitle("", U_TITLECASE_WHOLE_STRING | U_TITLECASE_NO_BREAK_ADJUSTMENT,
                                nullptr, from.data(), length, mapped.data(), room, nullptr, status);
      break;
  }
  for (int32_t i = 0; i < count;) {
    UChar32 next;
    U16_NEXT(mapped.data(), i, count, next);
    append_character(out, static_cast<char32_t>(next));
  }
}

// Whether the Σ at `at` ends a word: a letter before it and none after, marks not counted.
bool is_final_sigma(std::u32string_view text, size_t at) {
  const auto ignorable = [](char32_t c) { return has_property(c, UCHAR_CASE_IGNORABLE); };
  const auto before =
      std::find_if_not(text.rend() - static_cast<ptrdiff_t>(at), text.rend(), ignorable);
  if (before == text.rend() || !is_cased(*before)) return false;
  const auto after =
      std::find_if_not(text.begin() + static_cast<ptrdiff_t>(at) + 1, text.end(), ignorable);
  return after == text.end() || !is_cased(*after);
}

void append_lower(std::string& out, std::u32string_view text, size_t at) {
  constexpr char32_t kSigma = 0x3A3;
  constexpr char32_t kFinalSigma = 0x3C2;
  if (text[at] == kSigma && is_final_sigma(text, at)) {
    append_character(out, kFinalSigma);
  } else {
    append_mapped(out, text[at], Case::lower);
  }
}

// The text with every character in the case that `choose(characters, index)` says.
template <typename Choose>
std::string map_case(std::string_view text, Choose choose) {
  const std::u32string characters = to_characters(text);
  std::string out;
  out.reserve(text.size());
  for (size_t i = 0; i < characters.size(); ++i) {
    const Case to = choose(characters, i);
    if (to == Case::lower) {
      append_lower(out, characters, i);
    } else {
      append_mapped(out, characters[i], to);
    }
  }
  return out;
}

}  // namespace

char32_t next_character(std::string_view text, size_t& at) {
  if (const auto byte = static_cast<unsigned char>(text[at]); byte < 0x80) {
    ++at;
    return byte;
  }
  auto position = static_cast<int64_t>(at);
  UChar32 c;
  U8_NEXT_OR_FFFD(text.data(), position, static_cast<int64_t>(text.size()), c);
  at = static_cast<size_t>(position);
  return static_cast<char32_t>(c);
}

void append_character(std::string& text, char32_t c) {
  std::array<char, U8_MAX_LENGTH> bytes;
  int32_t length = 0;
  U8_APPEND_UNSAFE(bytes.data(), length, icu_character(c));
  text.append(bytes.data(), static_cast<size_t>(length));
}

std::u32string to_characters(std::string_view text) {
  std::u32string characters;
  characters.reserve(text.size());
  for (size_t at = 0; at < text.size();) characters += next_character(text, at);
  return characters;
}

std::string to_utf8(std::u32string_view characters) {
  std::string text;
  for (const char32_t c : characters) append_character(text, c);
  return text;
}

size_t character_offset(std::string_view text, size_t index) {
  size_t at = 0;
  for (; index > 0 && at < text.size(); --index) next_character(text, at);
  return at;
}

bool is_space(char32_t c) {
  if (c < 0x80) return c == ' ' || (c >= 0x09 && c <= 0x0D) || (c >= 0x1C && c <= 0x1F);
  return c == 0x85 || c == 0xA0 || c == 0x1680 || (c >= 0x2000 && c <= 0x200A) || c == 0x2028 ||
         c == 0x2029 || c == 0x202F || c == 0x205F || c == 0x3000;
}

bool is_line_break(char32_t c) {
  return (c >= 0x0A && c <= 0x0D) || (c >= 0x1C && c <= 0x1E) || c == 0x85 || c == 0x2028 ||
         c == 0x2029;
}

bool is_printable(char32_t c) {
  if (c < 0x7F) return c >= ' ';
  constexpr uint32_t kHidden = U_GC_C_MASK | U_GC_Z_MASK;
  return has_category(c, ~kHidden);
}

bool is_digit(char32_t c) {
  const int type = u_getIntPropertyValue(icu_character(c), UCHAR_NUMERIC_TYPE);
  return (type == U_NT_DECIMAL || type == U_NT_DIGIT) && is_assigned(c);
}

bool is_letter(char32_t c) {
  return has_category(c, U_GC_L_MASK);
}
bool is_word(char32_t c) {
  return c == '_' || has_category(c, U_GC_L_MASK | U_GC_N_MASK);
}
bool is_cased(char32_t c) {
  return has_property(c, UCHAR_CASED);
}
bool is_lower(char32_t c) {
  return has_property(c, UCHAR_LOWERCASE);
}
bool is_upper(char32_t c) {
  return has_property(c, UCHAR_UPPERCASE);
}
bool is_titlecase(char32_t c) {
  return has_category(c, U_GC_LT_MASK);
}
bool starts_name(char32_t c) {
  return c == '_' || has_property(c, UCHAR_XID_START);
}
bool continues_name(char32_t c) {
  return has_property(c, UCHAR_XID_CONTINUE);
}

std::optional<int> decimal_value(char32_t c) {
  if (!has_category(c, U_GC_ND_MASK)) return std::nullopt;
  return u_charDigitValue(icu_character(c));
}

std::optional<char32_t> named_character(const std::string& name) {
  for (const UCharNameChoice choice : {U_UNICODE_CHAR_NAME, U_CHAR_NAME_ALIAS}) {
    UErrorCode status = U_ZERO_ERROR;
    const UChar32 c = u_charFromName(choice, name.c_str(), &status);
    if (U_SUCCESS(status)) return static_cast<char32_t>(c);
  }
  return std::nullopt;
}

std::string to_lower(std::string_view text) {
  return map_case(text, [](auto&, size_t) { return Case::lower; });
}

std::string to_upper(std::string_view text) {
  return map_case(text, [](auto&, size_t) { return Case::upper; });
}

std::string to_title(std::string_view text) {
  return map_case(text, [](const std::u32string& all, size_t i) {
    return i > 0 && is_cased(all[i - 1]) ? Case::lower : Case::title;
  });
}

std::string to_capitalized(std::string_view text) {
  return map_case(text, [](auto&, size_t i) { return i > 0 ? Case::lower : Case::title; });
}

}  // namespace e2lm::jinja
