#include "tasks/template/numerals.h"

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <limits>
#include <string>

#include "base/text.h"
#include "tasks/template/unicode.h"

namespace e2lm::jinja {
namespace {

// The text in lower case without white space around, decimal digits of all scripts as ASCII. The
// separators \x1c to \x1f, which strip() removes, are no white space here.
std::string plain(std::string_view text) {
  std::string out;
  for (size_t at = 0; at < text.size();) {
    const char32_t c = next_character(text, at);
    if (c >= 'A' && c <= 'Z') {
      out += static_cast<char>(c - 'A' + 'a');
    } else if (const auto digit = c < 0x80 ? std::nullopt : decimal_value(c)) {
      out += static_cast<char>('0' + *digit);
    } else if (c >= 0x80 && is_space(c)) {
      out += ' ';
    } else {
      append_character(out, c);
    }
  }
  return std::string(trim(out));
}

// Removes the underscores that stand between two digits; none when there is another one.
std::optional<std::string> without_underscores(std::string_view text) {
  const auto is_alphanumeric = [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z');
  };
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '_') {
      out += text[i];
    } else if (i == 0 || i + 1 == text.size() || !is_alphanumeric(text[i - 1]) ||
               !is_alphanumeric(text[i + 1])) {
      return std::nullopt;
    }
  }
  return out;
}

// Removes a sign; whether it was a minus.
bool take_sign(std::string_view& text) {
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  return negative;
}

size_t take_digits(std::string_view& text) {
  const size_t count = std::min(text.find_first_not_of("0123456789"), text.size());
  text.remove_prefix(count);
  return count;
}

// digits [. digits] [e digits], with a digit before or after the point.
bool is_decimal(std::string_view text) {
  size_t digits = take_digits(text);
  if (text.starts_with('.')) {
    text.remove_prefix(1);
    digits += take_digits(text);
  }
  if (digits == 0) return false;
  if (!text.starts_with('e')) return text.empty();
  text.remove_prefix(1);
  take_sign(text);
  return take_digits(text) > 0 && text.empty();
}

void take_prefix(std::string_view& digits, int base) {
  const std::string_view prefix = base == 2 ? "0b" : base == 8 ? "0o" : base == 16 ? "0x" : "";
  if (prefix.empty() || !digits.starts_with(prefix)) return;
  digits.remove_prefix(2);
  if (digits.starts_with('_')) digits.remove_prefix(1);
}

}  // namespace

std::optional<int64_t> read_integer(Work& work, std::string_view text, int base) {
  const std::string written = plain(text);
  std::string_view rest = written;
  const bool negative = take_sign(rest);
  take_prefix(rest, base);
  const auto digits = without_underscores(rest);
  if (!digits || digits->empty() || digits->starts_with('-')) return std::nullopt;
  const std::string signed_digits = (negative ? "-" : "") + *digits;
  int64_t value = 0;
  const char* end = signed_digits.data() + signed_digits.size();
  const auto result = std::from_chars(signed_digits.data(), end, value, base);
  if (result.ptr != end) return std::nullopt;
  if (result.ec == std::errc::result_out_of_range) work.fail("an integer passes 64 bits");
  return result.ec == std::errc{} ? std::optional(value) : std::nullopt;
}

std::optional<double> read_real(std::string_view text) {
  const auto written = without_underscores(plain(text));
  if (!written) return std::nullopt;
  std::string_view rest = *written;
  const bool negative = take_sign(rest);
  double value = 0;
  if (rest == "inf" || rest == "infinity") {
    value = std::numeric_limits<double>::infinity();
  } else if (rest == "nan") {
    value = std::numeric_limits<double>::quiet_NaN();
  } else if (is_decimal(rest)) {
    value = std::strtod(std::string(rest).c_str(), nullptr);
  } else {
    return std::nullopt;
  }
  return negative ? -value : value;
}

}  // namespace e2lm::jinja
