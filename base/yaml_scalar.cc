#include "base/yaml_scalar.h"

#include <charconv>
#include <cmath>
#include <limits>
#include <optional>
#include <regex>

#include "base/text.h"

namespace e2lm {
namespace {

bool matches(const std::string& text, const char* pattern) {
  return std::regex_match(text, std::regex(pattern));
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

// Integers as PyYAML's resolver sees them: binary, octal with a leading 0, decimal, hexadecimal,
// base 60.
std::optional<Json> resolve_integer(const std::string& text) {
  static const char* const kInteger =
      "[-+]?(0b[0-1_]+|0[0-7_]*|[1-9][0-9_]*|0x[0-9a-fA-F_]+|[1-9][0-9_]*(:[0-5]?[0-9])+)";
  if (!matches(text, kInteger)) return {};
  std::string digits = without_underscores(text);
  const bool negative = digits[0] == '-';
  if (negative || digits[0] == '+') digits.erase(0, 1);
  if (digits.find(':') != std::string::npos) {
    return static_cast<int64_t>((negative ? -1 : 1) * sexagesimal(digits));
  }
  int base = 10;
  if (digits.starts_with("0b")) base = 2;
  if (digits.starts_with("0x")) base = 16;
  if (base != 10) digits.erase(0, 2);
  if (base == 10 && digits.size() > 1 && digits[0] == '0') base = 8;
  int64_t value = 0;
  const auto [end, error] =
      std::from_chars(digits.data(), digits.data() + digits.size(), value, base);
  if (error != std::errc()) return std::stod(text);  // beyond 64 bits
  return negative ? -value : value;
}

std::optional<Json> resolve_float(const std::string& text) {
  if (matches(text, "[-+]?\\.(inf|Inf|INF)")) {
    return text[0] == '-' ? -std::numeric_limits<double>::infinity()
                          : std::numeric_limits<double>::infinity();
  }
  if (matches(text, "\\.(nan|NaN|NAN)")) return std::nan("");
  if (matches(text, "[-+]?[0-9][0-9_]*(:[0-5]?[0-9])+\\.[0-9_]*")) {
    const bool negative = text[0] == '-';
    const std::string digits = without_underscores(text.substr(text[0] == '-' || text[0] == '+'));
    return (negative ? -1 : 1) * sexagesimal(digits);
  }
  static const char* const kFloat =
      "[-+]?([0-9][0-9_]*\\.[0-9_]*|\\.[0-9][0-9_]*)([eE][-+][0-9]+)?";
  if (matches(text, kFloat)) return std::stod(without_underscores(text));
  return {};
}

}  // namespace

Json resolve_yaml_scalar(const std::string& text) {
  if (text.empty() || matches(text, "~|null|Null|NULL")) return nullptr;
  if (matches(text, "yes|Yes|YES|true|True|TRUE|on|On|ON")) return true;
  if (matches(text, "no|No|NO|false|False|FALSE|off|Off|OFF")) return false;
  if (auto value = resolve_integer(text)) return *value;
  if (auto value = resolve_float(text)) return *value;
  return text;
}

}  // namespace e2lm
