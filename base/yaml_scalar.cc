#include "base/yaml_scalar.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <initializer_list>
#include <limits>
#include <optional>
#include <string_view>

#include "base/text.h"

namespace e2lm {
namespace {

constexpr std::string_view kDigits = "0123456789";

// A text taken from its beginning, a piece at a time.
class Scan {
 public:
  explicit Scan(std::string_view text) : text_(text) {}

  bool done() const { return at_ == text_.size(); }
  char next() const { return done() ? '\0' : text_[at_]; }

  bool one_of(std::string_view characters) {
    const bool taken = !done() && characters.find(text_[at_]) != std::string_view::npos;
    at_ += taken;
    return taken;
  }

  // How many there are.
  size_t all_of(std::string_view characters) {
    const size_t begin = at_;
    at_ = std::min(text_.find_first_not_of(characters, at_), text_.size());
    return at_ - begin;
  }

  // (:[0-5]?[0-9])+
  bool sexagesimal_places() {
    size_t places = 0;
    for (; one_of(":"); ++places) {
      const char first = next();
      if (!one_of(kDigits)) return false;
      if (first <= '5') one_of(kDigits);
    }
    return places > 0;
  }

 private:
  std::string_view text_;
  size_t at_ = 0;
};

bool is_one_of(std::string_view text, std::initializer_list<std::string_view> words) {
  return std::find(words.begin(), words.end(), text) != words.end();
}

std::string without_underscores(std::string text) {
  std::erase(text, '_');
  return text;
}

// Base 60, YAML 1.1's way to write times: 1:30 is 90.
double sexagesimal(const std::string& digits) {
  double value = 0;
  for (const std::string& part : split(digits, ':')) value = value * 60 + std::stod(part);
  return value;
}

// Digits in a base, after the sign and any prefix. Beyond 64 bits it becomes a float.
Json integer_value(const std::string& digits, int base, bool negative) {
  int64_t value = 0;
  const auto [end, error] =
      std::from_chars(digits.data(), digits.data() + digits.size(), value, base);
  if (error == std::errc()) return negative ? -value : value;
  double large = 0;
  if (base == 10) large = std::stod(digits);
  for (const char digit : digits) {
    if (base == 10) break;
    const int letter = (digit | 0x20) - 'a' + 10;
    large = large * base + (digit <= '9' ? digit - '0' : letter);
  }
  return negative ? -large : large;
}

// Integers as PyYAML's resolver sees them:
//   [-+]?(0b[0-1_]+|0[0-7_]*|[1-9][0-9_]*|0x[0-9a-fA-F_]+|[1-9][0-9_]*(:[0-5]?[0-9])+)
std::optional<Json> resolve_integer(const std::string& text) {
  Scan scan(text);
  const bool negative = scan.next() == '-';
  const size_t sign = scan.one_of("-+");
  std::string digits = without_underscores(text.substr(sign));
  int base = 10;
  if (scan.one_of("0")) {
    base = digits.size() > 1 ? 8 : 10;
    if (scan.one_of("b"))
      base = 2;
    else if (scan.one_of("x"))
      base = 16;
    if (base == 2 || base == 16) digits.erase(0, 2);
    scan.all_of(base == 2 ? "01_" : base == 16 ? "0123456789abcdefABCDEF_" : "01234567_");
    if (!scan.done() || digits.empty()) return {};
    return integer_value(digits, base, negative);
  }
  if (!scan.one_of("123456789")) return {};
  scan.all_of("0123456789_");
  if (scan.done()) return integer_value(digits, base, negative);
  if (!scan.sexagesimal_places() || !scan.done()) return {};
  return static_cast<int64_t>((negative ? -1 : 1) * sexagesimal(digits));
}

// Floats the same:
//   [-+]?[0-9][0-9_]*(:[0-5]?[0-9])+\.[0-9_]*
//   ([-+]?[0-9][0-9_]*\.[0-9_]*|\.[0-9][0-9_]*)([eE][-+][0-9]+)?
std::optional<Json> resolve_float(const std::string& text) {
  Scan scan(text);
  const bool negative = scan.next() == '-';
  const size_t sign = scan.one_of("-+");
  if (is_one_of(text.substr(sign), {".inf", ".Inf", ".INF"})) {
    const double infinity = std::numeric_limits<double>::infinity();
    return negative ? -infinity : infinity;
  }
  if (is_one_of(text, {".nan", ".NaN", ".NAN"})) return std::nan("");
  const bool leading = scan.one_of(kDigits);
  if (leading) scan.all_of("0123456789_");
  const bool base_60 = leading && scan.next() == ':';
  if (base_60 && !scan.sexagesimal_places()) return {};
  if (!scan.one_of(".")) return {};
  if (!leading && (sign || !scan.one_of(kDigits))) return {};
  scan.all_of("0123456789_");
  if (!base_60 && scan.one_of("eE") && !(scan.one_of("-+") && scan.all_of(kDigits) > 0)) return {};
  if (!scan.done()) return {};
  const std::string digits = without_underscores(text.substr(sign));
  const double value = base_60 ? sexagesimal(digits) : std::strtod(digits.c_str(), nullptr);
  return negative ? -value : value;
}

}  // namespace

Json resolve_yaml_scalar(const std::string& text) {
  if (text.empty() || is_one_of(text, {"~", "null", "Null", "NULL"})) return nullptr;
  if (is_one_of(text, {"yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON"})) return true;
  if (is_one_of(text, {"no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF"})) {
    return false;
  }
  if (std::string_view("+-.0123456789").find(text[0]) == std::string_view::npos) return text;
  if (auto value = resolve_integer(text)) return *value;
  if (auto value = resolve_float(text)) return *value;
  return text;
}

}  // namespace e2lm
