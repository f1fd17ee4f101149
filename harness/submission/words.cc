#include "harness/submission/words.h"

#include <algorithm>

#include "base/hash.h"
#include "base/text.h"
#include "tasks/template/unicode.h"

namespace e2lm::submission {
namespace {

bool is_ascii_digit(char32_t c) {
  return c >= '0' && c <= '9';
}

bool is_sign(char32_t c) {
  constexpr std::string_view kSigns = "+-/%^*=<>$#&@|~";
  return c < 0x80 && kSigns.find(static_cast<char>(c)) != std::string_view::npos;
}

// Bytes beyond ASCII of what is no UTF-8 become spaces.
std::string repaired(std::string_view text) {
  std::string plain(text);
  std::replace_if(
      plain.begin(), plain.end(), [](char c) { return static_cast<unsigned char>(c) >= 0x80; },
      ' ');
  return plain;
}

}  // namespace

Words words_of(std::string_view given) {
  const std::string text = jinja::to_lower(is_utf8(given) ? std::string(given) : repaired(given));
  Words words;
  std::string word;
  const auto end_word = [&] {
    if (!word.empty()) words.push_back(std::move(word));
    word.clear();
  };
  for (size_t at = 0; at < text.size();) {
    const char32_t c = jinja::next_character(text, at);
    const bool inside_number = (c == '.' || c == ',') && !word.empty() &&
                               is_ascii_digit(static_cast<unsigned char>(word.back())) &&
                               at < text.size() &&
                               is_ascii_digit(static_cast<unsigned char>(text[at]));
    if ((jinja::is_word(c) && c != '_') || inside_number) {
      jinja::append_character(word, c);
      continue;
    }
    end_word();
    const bool other_sign = c >= 0x80 && !jinja::is_space(c) && c > 0xA0;
    if (!is_sign(c) && !other_sign) continue;
    jinja::append_character(word, c);
    end_word();
  }
  end_word();
  return words;
}

bool contains(const Words& whole, std::span<const std::string> part) {
  return std::search(whole.begin(), whole.end(), part.begin(), part.end()) != whole.end();
}

// Mixed so that near words are far apart.
uint64_t word_hash(std::string_view word) {
  uint64_t hash = fnv1a(word);
  hash ^= hash >> 32;
  hash *= 0xd6e8feb86659fd93ULL;
  return hash ^ hash >> 32;
}

}  // namespace e2lm::submission
