#include "engine/tokenizer/unicode.h"

#include <fmt/format.h>
#include <unicode/bytestream.h>
#include <unicode/normalizer2.h>
#include <unicode/uchar.h>
#include <unicode/uniset.h>
#include <unicode/utf8.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <cstdint>
#include <limits>

#include "base/error.h"
#include "engine/tokenizer/newer_characters.h"

namespace e2lm {
namespace {

bool is_ascii(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return static_cast<signed char>(c) >= 0; });
}

// Whether the general category of the character is in the set.
bool in_category(char32_t character, uint32_t mask) {
  return (U_GET_GC_MASK(static_cast<UChar32>(character)) & mask) != 0;
}

bool has_property(char32_t character, UProperty property) {
  return u_hasBinaryProperty(static_cast<UChar32>(character), property);
}

// The form as it was in Unicode 9: characters that came later are left alone and keep what
// stands before them from combining with what stands behind.
const icu::Normalizer2& normalizer_of_unicode_9(NormalForm form) {
  static const icu::UnicodeSet kCharacters = [] {
    UErrorCode status = U_ZERO_ERROR;
    icu::UnicodeSet set(icu::UnicodeString::fromUTF8("[:age=9.0:]"), status);
    assert(U_SUCCESS(status) && "the pattern is a constant");
    set.freeze();
    return set;
  }();
  using Maker = const icu::Normalizer2* (*)(UErrorCode&);
  const auto filtered = [](Maker make) {
    UErrorCode status = U_ZERO_ERROR;
    const icu::Normalizer2* all = make(status);
    assert(U_SUCCESS(status) && "ICU carries its normal forms");
    return icu::FilteredNormalizer2(*all, kCharacters);
  };
  static const std::array<icu::FilteredNormalizer2, 4> kForms = {
      filtered(icu::Normalizer2::getNFCInstance), filtered(icu::Normalizer2::getNFDInstance),
      filtered(icu::Normalizer2::getNFKCInstance), filtered(icu::Normalizer2::getNFKDInstance)};
  return kForms[static_cast<size_t>(form)];
}

}  // namespace

void require_utf8(std::string_view text) {
  const auto* bytes = reinterpret_cast<const uint8_t*>(text.data());
  for (size_t at = 0; at < text.size();) {
    const size_t begin = at;
    UChar32 character = 0;
    U8_NEXT(bytes, at, text.size(), character);
    if (character >= 0) continue;
    throw Error("text to encode", fmt::format("is not valid UTF-8 at byte {}", begin));
  }
}

char32_t decode_utf8(std::string_view text, size_t& at) {
  UChar32 character = 0;
  U8_NEXT_UNSAFE(text.data(), at, character);
  return static_cast<char32_t>(character);
}

char32_t last_character(std::string_view text) {
  size_t at = text.size();
  UChar32 character = 0;
  U8_PREV_UNSAFE(text.data(), at, character);
  return static_cast<char32_t>(character);
}

void append_utf8(std::string& text, char32_t character) {
  std::array<char, U8_MAX_LENGTH> bytes;
  size_t length = 0;
  U8_APPEND_UNSAFE(bytes.data(), length, static_cast<UChar32>(character));
  text.append(bytes.data(), length);
}

bool is_white_space(char32_t character) {
  return u_isUWhiteSpace(static_cast<UChar32>(character));
}

bool is_python_space(char32_t character) {
  return is_white_space(character) || (character >= 0x1C && character <= 0x1F);
}

bool is_numeric(char32_t character) {
  if (character < 0x80) return character >= '0' && character <= '9';
  // This part of the original knows the digits and numbers of Unicode 17, too.
  if (character >= 0x11DE0 && character <= 0x11DE9) return true;
  if (character >= 0x16FF4 && character <= 0x16FF6) return true;
  return in_category(stand_in(character), U_GC_N_MASK);
}

bool is_punctuation(char32_t character) {
  if (character < 0x80) return in_category(character, U_GC_P_MASK | U_GC_S_MASK);
  // In category P in Unicode 8, moved out of it later.
  if (character == 0x166D || character == 0x111C9) return true;
  if (!in_category(character, U_GC_P_MASK)) return false;
  UVersionInfo age;
  u_charAge(static_cast<UChar32>(character), age);
  return age[0] <= 8;
}

bool is_word(char32_t character) {
  character = stand_in(character);
  return in_category(character, U_GC_M_MASK | U_GC_ND_MASK | U_GC_PC_MASK) ||
         has_property(character, UCHAR_ALPHABETIC) || has_property(character, UCHAR_JOIN_CONTROL);
}

std::string lowercase(std::string_view text) {
  constexpr char32_t kCapitalIWithDot = 0x130;  // the one that becomes two characters
  std::string lower;
  lower.reserve(text.size());
  for (size_t at = 0; at < text.size();) {
    const char32_t character = decode_utf8(text, at);
    append_utf8(lower,
                newer_lowercase(static_cast<char32_t>(u_tolower(static_cast<UChar32>(character)))));
    if (character == kCapitalIWithDot) append_utf8(lower, 0x307);
  }
  return lower;
}

std::string normalize(std::string_view text, NormalForm form) {
  if (is_ascii(text)) return std::string(text);
  if (text.size() > std::numeric_limits<int32_t>::max()) throw Error("text", "is too long");
  std::string normal;
  icu::StringByteSink<std::string> sink(&normal);
  UErrorCode status = U_ZERO_ERROR;
  const icu::StringPiece source(text.data(), static_cast<int32_t>(text.size()));
  normalizer_of_unicode_9(form).normalizeUTF8(0, source, sink, nullptr, status);
  assert(U_SUCCESS(status) && "normalizing valid UTF-8 cannot fail");
  return normal;
}

}  // namespace e2lm
