#include "tasks/dataset/timestamp.h"

#include <fmt/format.h>

#include <chrono>

namespace e2lm {
namespace {

// Reads a text from its front, part by part; any part that is not there fails the whole.
class Parts {
 public:
  explicit Parts(std::string_view text) : rest_(text) {}

  bool done() const { return rest_.empty(); }
  bool starts_with_any(std::string_view characters) const {
    return !done() && characters.find(rest_[0]) != std::string_view::npos;
  }
  bool take(std::string_view characters) {
    if (!starts_with_any(characters)) return false;
    rest_.remove_prefix(1);
    return true;
  }

  // A number of exactly `digits` digits, below `limit`.
  bool number(size_t digits, int limit, int& value) {
    if (rest_.size() < digits) return false;
    value = 0;
    for (const char c : rest_.substr(0, digits)) {
      if (c < '0' || c > '9') return false;
      value = 10 * value + (c - '0');
    }
    rest_.remove_prefix(digits);
    return value < limit;
  }

 private:
  std::string_view rest_;
};

bool take_time(Parts& parts, int& seconds) {
  int hour = 0, minute = 0, second = 0;
  if (!parts.number(2, 24, hour)) return false;
  if (parts.take(":")) {
    if (!parts.number(2, 60, minute)) return false;
    if (parts.take(":") && !parts.number(2, 60, second)) return false;
  }
  seconds = 3600 * hour + 60 * minute + second;
  return true;
}

bool take_zone(Parts& parts, int& offset_seconds) {
  if (parts.done() || parts.take("Z")) return true;
  const int sign = parts.starts_with_any("-") ? -1 : 1;
  int hour = 0, minute = 0;
  if (!parts.take("+-") || !parts.number(2, 24, hour)) return false;
  if (!parts.done()) {
    parts.take(":");
    if (!parts.number(2, 60, minute)) return false;
  }
  offset_seconds = sign * (3600 * hour + 60 * minute);
  return true;
}

}  // namespace

std::optional<int64_t> parse_timestamp(std::string_view text) {
  namespace ch = std::chrono;
  if (text.size() < 10 || text[4] != '-') return {};  // most texts end here
  Parts parts(text);
  int year = 0, month = 0, day = 0, seconds = 0, offset = 0;
  if (!parts.number(4, 10000, year) || !parts.take("-") || !parts.number(2, 13, month) ||
      !parts.take("-") || !parts.number(2, 32, day)) {
    return {};
  }
  const ch::year_month_day date{ch::year(year), ch::month(month), ch::day(day)};
  if (!date.ok()) return {};
  if (!parts.done() &&
      !(parts.take("T ") && take_time(parts, seconds) && take_zone(parts, offset))) {
    return {};
  }
  if (!parts.done()) return {};
  return ch::sys_days(date).time_since_epoch().count() * int64_t{86400} + seconds - offset;
}

std::optional<std::string> format_timestamp(int64_t seconds) {
  namespace ch = std::chrono;
  constexpr int64_t kFirst = -62'135'596'800, kLast = 253'402'300'799;  // of years 1 and 9999
  if (seconds < kFirst || seconds > kLast) return {};
  const ch::sys_seconds time{ch::seconds(seconds)};
  const auto midnight = ch::floor<ch::days>(time);
  const ch::year_month_day date(midnight);
  const ch::hh_mm_ss<ch::seconds> clock(time - midnight);
  return fmt::format("{:04}-{:02}-{:02} {:02}:{:02}:{:02}", int(date.year()),
                     unsigned(date.month()), unsigned(date.day()), clock.hours().count(),
                     clock.minutes().count(), clock.seconds().count());
}

}  // namespace e2lm
