#include "tasks/dataset/fast_json.h"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <limits>

#include "base/error.h"

namespace e2lm {
namespace {

constexpr double kTenTo10 = 1e10;

// The smallest and largest magnitudes that are written without an exponent.
constexpr double kSmallest = 1e-15, kLargest = 1e16 - 1;

bool plain(double magnitude) {
  return magnitude == 0 || (magnitude >= kSmallest && magnitude <= kLargest);
}

// A number as it is read: whole part, then up to 15 decimals times a power of ten.
class NumberReader {
 public:
  explicit NumberReader(std::string_view text) : rest_(text) {}

  // Nothing when the text is no number or its whole part is too big.
  std::optional<Json> read() {
    const bool negative = take('-');
    if (!read_whole(negative)) return {};
    const double sign = negative ? -1.0 : 1.0;
    const bool has_point = take('.');
    if (has_point) read_decimals();
    const bool has_exponent = take('e') || take('E');
    const double power = has_exponent ? read_power() : 1.0;
    if (!rest_.empty()) return {};
    if (!has_point && !has_exponent) return whole_number(negative);
    const double magnitude = static_cast<double>(whole_) + decimals_ * kPowers[count_];
    return has_exponent ? magnitude * sign * power : magnitude * sign;
  }

 private:
  static constexpr std::array<double, 16> kPowers = {1.0,   1e-1,  1e-2,  1e-3, 1e-4,  1e-5,
                                                     1e-6,  1e-7,  1e-8,  1e-9, 1e-10, 1e-11,
                                                     1e-12, 1e-13, 1e-14, 1e-15};

  bool take(char c) {
    if (!rest_.starts_with(c)) return false;
    rest_.remove_prefix(1);
    return true;
  }

  std::optional<int> take_digit() {
    if (rest_.empty() || rest_[0] < '0' || rest_[0] > '9') return {};
    const int digit = rest_[0] - '0';
    rest_.remove_prefix(1);
    return digit;
  }

  bool read_whole(bool negative) {
    constexpr uint64_t kLowest = uint64_t{1} << 63;
    while (const auto digit = take_digit()) {
      const uint64_t before = whole_;
      whole_ = whole_ * 10 + static_cast<uint64_t>(*digit);
      // Its own check for overflow: not every overflow is found.
      if (negative ? whole_ > kLowest : before > whole_) return false;
    }
    return true;
  }

  void read_decimals() {
    while (const auto digit = take_digit()) {
      if (count_ + 1 == kPowers.size()) continue;
      decimals_ = decimals_ * 10.0 + *digit;
      ++count_;
    }
  }

  double read_power() {
    const double sign = take('-') ? -1.0 : 1.0;
    if (sign > 0) take('+');
    double exponent = 0;
    while (const auto digit = take_digit()) exponent = exponent * 10.0 + *digit;
    return std::pow(10.0, sign * exponent);
  }

  Json whole_number(bool negative) const {
    if (negative) return static_cast<int64_t>(0 - whole_);
    if (whole_ > uint64_t{std::numeric_limits<int64_t>::max()}) return whole_;
    return static_cast<int64_t>(whole_);
  }

  std::string_view rest_;
  uint64_t whole_ = 0;
  double decimals_ = 0;
  size_t count_ = 0;
};

Json read_number(double value) {
  if (std::isnan(value)) return nullptr;
  if (!std::isfinite(value) || value == 0) return value;  // without a point -0 would lose its sign
  std::array<char, 400> text;
  const auto format =
      plain(std::abs(value)) ? std::chars_format::fixed : std::chars_format::scientific;
  const auto end = std::to_chars(text.data(), text.data() + text.size(), value, format).ptr;
  // A whole part beyond 64 bits cannot come from the shortest digits in either notation.
  const auto read = NumberReader({text.data(), end}).read();
  return read ? read->get<double>() : value;
}

// The magnitude in whole units and ten decimals; a half is rounded to even, but away from 0.
double rounded(double magnitude) {
  auto whole = static_cast<uint64_t>(magnitude);
  const double scaled = (magnitude - static_cast<double>(whole)) * kTenTo10;
  auto decimals = static_cast<uint64_t>(scaled);
  const double rest = scaled - static_cast<double>(decimals);
  if (rest > 0.5 || (rest == 0.5 && (decimals == 0 || decimals % 2 == 1))) ++decimals;
  if (decimals >= static_cast<uint64_t>(kTenTo10)) {
    decimals = 0;
    ++whole;
  }
  return std::strtod(fmt::format("{}.{:010}", whole, decimals).c_str(), nullptr);
}

Json write_number(double value) {
  if (!std::isfinite(value)) return nullptr;
  const double magnitude = std::abs(value);
  if (!plain(magnitude)) return std::strtod(fmt::format("{:.10g}", value).c_str(), nullptr);
  return value < 0 ? -rounded(magnitude) : rounded(magnitude);
}

template <typename Change>
Json for_each_number(Json value, const Change& change) {
  if (value.is_number_float()) return change(value.get<double>());
  if (value.is_structured()) {
    for (Json& item : value) item = for_each_number(std::move(item), change);
  }
  return value;
}

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kSpace = " \t\r\n";
  const size_t first = text.find_first_not_of(kSpace);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kSpace) + 1 - first);
}

}  // namespace

Json fast_read(Json value) {
  return for_each_number(std::move(value), read_number);
}

Json fast_written(Json value) {
  return for_each_number(std::move(value), write_number);
}

std::optional<Json> fast_parse(const std::string& text) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  const std::string_view word = trimmed(text);
  if (word.empty()) return {};
  if (word == "null" || word == "NaN") return Json(nullptr);
  if (word == "true") return Json(true);
  if (word == "false") return Json(false);
  if (word == "Infinity") return Json(kInfinity);
  if (word == "-Infinity") return Json(-kInfinity);
  if (word[0] == '-' || (word[0] >= '0' && word[0] <= '9')) return NumberReader(word).read();
  if (word[0] != '{' && word[0] != '[' && word[0] != '"') return {};
  const Json value = Json::parse(word, nullptr, false);
  if (value.is_discarded()) return {};
  return fast_read(value);
}

}  // namespace e2lm
