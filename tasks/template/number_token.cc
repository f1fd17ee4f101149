#include "tasks/template/number_token.h"

#include <charconv>
#include <cstdlib>
#include <string>

namespace e2lm::jinja {
namespace {

constexpr std::string_view kDigits = "0123456789";

bool is_one_of(std::string_view text, size_t at, std::string_view set) {
  return at < text.size() && set.find(text[at]) != std::string_view::npos;
}

// Bytes of digits with single underscores between them, from `at`; 0 when no digit stands there.
size_t digits_length(std::string_view text, size_t at, std::string_view digits) {
  const size_t start = at;
  if (!is_one_of(text, at, digits)) return 0;
  for (++at; at < text.size(); ++at) {
    const bool underscore = text[at] == '_' && is_one_of(text, at + 1, digits);
    if (!underscore && !is_one_of(text, at, digits)) break;
  }
  return at - start;
}

std::string without_underscores(std::string_view text) {
  std::string out(text);
  std::erase(out, '_');
  return out;
}

// Digits with a fraction, an exponent or both; 0 when there is neither.
size_t real_length(std::string_view text, NumberStyle style) {
  const bool loose = style == NumberStyle::python;
  const size_t whole = digits_length(text, 0, kDigits);
  size_t at = whole;
  if ((whole > 0 || loose) && is_one_of(text, at, ".")) {
    const size_t fraction = digits_length(text, at + 1, kDigits);
    if (fraction > 0 || (loose && whole > 0)) at += 1 + fraction;
  }
  if (at > 0 && is_one_of(text, at, "eE")) {
    const size_t sign = is_one_of(text, at + 1, "+-") ? 1 : 0;
    if (const size_t exponent = digits_length(text, at + 1 + sign, kDigits)) {
      at += 1 + sign + exponent;
    }
  }
  return at > whole ? at : 0;
}

NumberToken integer_token(std::string_view text, size_t prefix, size_t length, int base) {
  NumberToken token{.size = prefix + length};
  const std::string digits = without_underscores(text.substr(prefix, length));
  const char* end = digits.data() + digits.size();
  const auto result = std::from_chars(digits.data(), end, token.integer, base);
  token.is_too_large = result.ec == std::errc::result_out_of_range;
  return token;
}

}  // namespace

NumberToken number_token(std::string_view text, NumberStyle style) {
  if (const size_t length = style != NumberStyle::integers ? real_length(text, style) : 0) {
    const std::string written = without_underscores(text.substr(0, length));
    return {.size = length, .is_real = true, .real = std::strtod(written.c_str(), nullptr)};
  }
  struct Base {
    std::string_view letters;
    std::string_view digits;
    int base;
  };
  static constexpr Base kBases[] = {
      {"xX", "0123456789abcdefABCDEF", 16}, {"oO", "01234567", 8}, {"bB", "01", 2}};
  for (const Base& base : kBases) {
    if (!text.starts_with('0') || !is_one_of(text, 1, base.letters)) continue;
    const size_t underscore = is_one_of(text, 2, "_") ? 1 : 0;
    if (const size_t length = digits_length(text, 2 + underscore, base.digits)) {
      return integer_token(text, 2 + underscore, length, base.base);
    }
  }
  const std::string_view digits = text.starts_with('0') ? "0" : kDigits;
  if (const size_t length = digits_length(text, 0, digits)) {
    return integer_token(text, 0, length, 10);
  }
  return {};
}

}  // namespace e2lm::jinja
