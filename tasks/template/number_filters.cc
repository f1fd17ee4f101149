#include <fmt/format.h>

#include <array>
#include <cmath>
#include <cstdint>
#include <cstdlib>

#include "tasks/template/arithmetic.h"
#include "tasks/template/compare.h"
#include "tasks/template/filters.h"
#include "tasks/template/numerals.h"
#include "tasks/template/python_text.h"

namespace e2lm::jinja {
namespace {

constexpr int64_t kMostDecimals = 22;  // of those powers of ten that are exact

void fail_if_undefined(const Work& work, const Value& value) {
  if (const auto* undefined = value.get<Undefined>()) work.fail(*undefined);
}

// Towards zero, as int() does.
int64_t whole(Work& work, double real) {
  if (!(std::fabs(real) < 9223372036854775808.0)) work.fail("an integer passes 64 bits");
  return static_cast<int64_t>(real);
}

Value to_int(Work& work, const Value& value, Arguments& arguments) {
  const Value absent = arguments.next("default").value_or(int64_t{0});
  const int64_t base = arguments.integer("base", 10);
  arguments.finish();
  fail_if_undefined(work, value);
  if (base < 2 || base > 36) arguments.fail("got an odd base", "2 to 36");
  if (const auto integer = integer_of(value)) return *integer;
  if (const auto* text = value.get<std::string_view>()) {
    work.spend_bytes(text->size());
    if (const auto integer = read_integer(work, *text, static_cast<int>(base))) return *integer;
    const auto real = read_real(*text);
    return real && std::isfinite(*real) ? Value(whole(work, *real)) : absent;
  }
  const auto* real = value.get<double>();
  return real != nullptr && !std::isnan(*real) ? Value(whole(work, *real)) : absent;
}

Value to_float(Work& work, const Value& value, Arguments& arguments) {
  const Value absent = arguments.next("default").value_or(0.0);
  arguments.finish();
  fail_if_undefined(work, value);
  if (const auto number = Number::of(value)) return number->real;
  const auto* text = value.get<std::string_view>();
  if (text == nullptr) return absent;
  work.spend_bytes(text->size());
  const auto real = read_real(*text);
  return real ? Value(*real) : absent;
}

double round_half_even(double real, int64_t decimals) {
  if (!std::isfinite(real)) return real;
  // The digits of the exact value decide, as in Python: 2.675 lies below its half.
  return std::strtod(fmt::format("{:.{}f}", real, decimals).c_str(), nullptr);
}

Value round(Work& work, const Value& value, Arguments& arguments) {
  const int64_t decimals = arguments.integer("precision", 0);
  const std::string_view method = arguments.text("method", "common");
  arguments.finish();
  fail_if_undefined(work, value);
  const auto number = Number::of(value);
  if (!number) arguments.fail(fmt::format("got a {}", type_name(value)), "a number");
  if (decimals < 0 || decimals > kMostDecimals) {
    arguments.fail("got an odd number of decimals", fmt::format("0 to {}", kMostDecimals));
  }
  if (method == "common") {
    if (!number->is_real) return number->integer;
    return round_half_even(number->real, decimals);
  }
  if (method != "ceil" && method != "floor") {
    arguments.fail("got an odd method", "common, ceil or floor");
  }
  if (!number->is_real) return number->real;  // whole as it is
  // Python divides integers in the end, so that there is no minus zero.
  const double scale = std::pow(10.0, static_cast<double>(decimals));
  const double scaled = number->real * scale;
  if (!std::isfinite(scaled)) arguments.fail("got too large a number");
  return ((method == "ceil" ? std::ceil(scaled) : std::floor(scaled)) + 0.0) / scale;
}

Value absolute(Work& work, const Value& value, Arguments& arguments) {
  arguments.finish();
  fail_if_undefined(work, value);
  const auto number = Number::of(value);
  if (!number) arguments.fail(fmt::format("got a {}", type_name(value)), "a number");
  if (number->is_real) return std::fabs(number->real);
  return number->integer < 0 ? negative(work, number->integer) : Value(number->integer);
}

Value use_default(Work& work, const Value& value, Arguments& arguments) {
  const Value other = arguments.next("default_value").value_or(std::string_view());
  const bool also_false = arguments.flag("boolean", false);
  arguments.finish();
  if (value.is<Undefined>()) return other;
  return also_false && !truth(work, value) ? other : value;
}

constexpr auto kFilters = std::to_array<Filter>({
    {"abs", absolute},
    {"d", use_default},
    {"default", use_default},
    {"float", to_float},
    {"int", to_int},
    {"round", round},
});

}  // namespace

std::span<const Filter> number_filters() {
  return kFilters;
}

}  // namespace e2lm::jinja
