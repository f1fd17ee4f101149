#include "tasks/template/arithmetic.h"

#include <fmt/format.h>

#include <cmath>
#include <limits>
#include <string>
#include <utility>

#include "tasks/template/access.h"
#include "tasks/template/format.h"
#include "tasks/template/python_text.h"

namespace e2lm::jinja {
namespace {

[[noreturn]] void fail_beyond_64_bits(const Work& work) {
  work.fail("an integer passes 64 bits");
}

[[noreturn]] void fail_for_zero(const Work& work) {
  work.fail("division by zero");
}

int64_t add(const Work& work, int64_t a, int64_t b) {
  int64_t sum = 0;
  if (__builtin_add_overflow(a, b, &sum)) fail_beyond_64_bits(work);
  return sum;
}

int64_t subtract(const Work& work, int64_t a, int64_t b) {
  int64_t difference = 0;
  if (__builtin_sub_overflow(a, b, &difference)) fail_beyond_64_bits(work);
  return difference;
}

int64_t multiply(const Work& work, int64_t a, int64_t b) {
  int64_t product = 0;
  if (__builtin_mul_overflow(a, b, &product)) fail_beyond_64_bits(work);
  return product;
}

double divide(const Work& work, int64_t a, int64_t b) {
  constexpr int64_t kExact = int64_t{1} << 53;  // up to here a double holds every integer
  if (b == 0) fail_for_zero(work);
  if (a > kExact || a < -kExact || b > kExact || b < -kExact) {
    work.fail("a division of integers beyond 2**53 is not exact");
  }
  return static_cast<double>(a) / static_cast<double>(b);
}

// Rounds down, where C++ rounds towards zero.
int64_t floor_divide(const Work& work, int64_t a, int64_t b) {
  if (b == 0) fail_for_zero(work);
  if (b == -1) return subtract(work, 0, a);
  const int64_t quotient = a / b;
  return a % b != 0 && (a < 0) != (b < 0) ? quotient - 1 : quotient;
}

// Has the sign of the divisor.
int64_t modulo(const Work& work, int64_t a, int64_t b) {
  if (b == 0) fail_for_zero(work);
  if (b == -1) return 0;
  const int64_t rest = a % b;
  return rest != 0 && (rest < 0) != (b < 0) ? rest + b : rest;
}

double modulo(const Work& work, double a, double b) {
  if (b == 0) fail_for_zero(work);
  const double rest = std::fmod(a, b);
  if (rest == 0) return std::copysign(0.0, b);
  return (rest < 0) != (b < 0) ? rest + b : rest;
}

// The whole number nearest to the exact quotient from below; (a - rest) / b is nearly whole.
double floor_divide(const Work& work, double a, double b) {
  if (b == 0) fail_for_zero(work);
  const double rest = std::fmod(a, b);
  double quotient = (a - rest) / b;
  if (rest != 0 && (rest < 0) != (b < 0)) quotient -= 1;
  if (quotient == 0) return std::copysign(0.0, a / b);
  const double whole = std::floor(quotient);
  return quotient - whole > 0.5 ? whole + 1 : whole;
}

double power(const Work& work, double base, double exponent) {
  if (base == 0 && exponent < 0) fail_for_zero(work);
  if (base < 0 && std::isfinite(exponent) && exponent != std::floor(exponent)) {
    work.fail("a power is a complex number");
  }
  const double result = std::pow(base, exponent);
  if (std::isinf(result) && std::isfinite(base) && std::isfinite(exponent)) {
    work.fail("a power is too large");
  }
  return result;
}

Value power(const Work& work, int64_t base, int64_t exponent) {
  if (exponent < 0) return power(work, static_cast<double>(base), static_cast<double>(exponent));
  if (base == 0 || base == 1) return exponent == 0 ? int64_t{1} : base;
  if (base == -1) return exponent % 2 == 0 ? int64_t{1} : int64_t{-1};
  int64_t result = 1;
  for (; exponent > 0; --exponent) result = multiply(work, result, base);  // at most 63 rounds
  return result;
}

Value compute_integers(const Work& work, Arithmetic operation, int64_t a, int64_t b) {
  switch (operation) {
    case Arithmetic::add:
      return add(work, a, b);
    case Arithmetic::subtract:
      return subtract(work, a, b);
    case Arithmetic::multiply:
      return multiply(work, a, b);
    case Arithmetic::divide:
      return divide(work, a, b);
    case Arithmetic::floor_divide:
      return floor_divide(work, a, b);
    case Arithmetic::modulo:
      return modulo(work, a, b);
    default:
      return power(work, a, b);
  }
}

double compute_reals(const Work& work, Arithmetic operation, double a, double b) {
  switch (operation) {
    case Arithmetic::add:
      return a + b;
    case Arithmetic::subtract:
      return a - b;
    case Arithmetic::multiply:
      return a * b;
    case Arithmetic::divide:
      if (b == 0) fail_for_zero(work);
      return a / b;
    case Arithmetic::floor_divide:
      return floor_divide(work, a, b);
    case Arithmetic::modulo:
      return modulo(work, a, b);
    default:
      return power(work, a, b);
  }
}

std::string_view concatenate(Work& work, std::string_view left, std::string_view right) {
  work.require_size(left.size() + right.size());
  return work.keep(std::string(left).append(right));
}

Items concatenate(Work& work, const Value& left, const Value& right) {
  std::vector<Value> all = iterate(work, left);
  const std::vector<Value> more = iterate(work, right);
  all.insert(all.end(), more.begin(), more.end());
  return work.keep(std::move(all));
}

std::string_view repeat(Work& work, std::string_view text, int64_t times) {
  if (times <= 0 || text.empty()) return {};
  const auto count = static_cast<uint64_t>(times);
  if (count > Work::kMaxBytes) work.require_size(count);
  work.require_size(text.size() * count);
  std::string all;
  all.reserve(text.size() * count);
  for (uint64_t i = 0; i < count; ++i) all += text;
  return work.keep(std::move(all));
}

Items repeat(Work& work, const Items& items, int64_t times) {
  std::vector<Value> all;
  for (int64_t i = 0; i < times && items.size() > 0; ++i) {
    work.spend(items.size());
    for (size_t j = 0; j < items.size(); ++j) all.push_back(items[j]);
  }
  return work.keep(std::move(all));
}

// `sequence` * `times`, or none when `sequence` is no text, list or tuple.
std::optional<Value> repeat(Work& work, const Value& sequence, const Value& times) {
  const auto count = integer_of(times);
  if (!count) return std::nullopt;
  if (const auto* text = sequence.get<std::string_view>()) return repeat(work, *text, *count);
  if (const auto* list = sequence.get<List>()) return List{repeat(work, list->items, *count)};
  if (const auto* tuple = sequence.get<Tuple>()) return Tuple{repeat(work, tuple->items, *count)};
  return std::nullopt;
}

// The operators that texts, lists and tuples have.
std::optional<Value> compute_sequences(Work& work, Arithmetic operation, const Value& left,
                                       const Value& right) {
  const auto* text = left.get<std::string_view>();
  const bool alike = left.data.index() == right.data.index();
  if (operation == Arithmetic::add && alike) {
    if (text != nullptr) return concatenate(work, *text, *right.get<std::string_view>());
    if (left.is<List>()) return List{concatenate(work, left, right)};
    if (left.is<Tuple>()) return Tuple{concatenate(work, left, right)};
  }
  if (operation == Arithmetic::multiply) {
    if (const auto all = repeat(work, left, right)) return all;
    return repeat(work, right, left);
  }
  if (operation == Arithmetic::modulo && text != nullptr) {
    return format_percent(work, *text, right);
  }
  return std::nullopt;
}

std::string_view sign(Arithmetic operation) {
  static constexpr std::string_view kSigns[] = {"+", "-", "*", "/", "//", "%", "**"};
  return kSigns[static_cast<size_t>(operation)];
}

}  // namespace

Value compute(Work& work, Arithmetic operation, const Value& left, const Value& right) {
  for (const Value* side : {&left, &right}) {
    const bool formats = side == &right && left.is<std::string_view>();  // '%s' % undefined
    const auto* undefined = side->get<Undefined>();
    if (undefined != nullptr && !formats) work.fail(*undefined);
  }
  const auto a = Number::of(left);
  const auto b = Number::of(right);
  if (a && b && !a->is_real && !b->is_real) {
    return compute_integers(work, operation, a->integer, b->integer);
  }
  if (a && b) return compute_reals(work, operation, a->real, b->real);
  if (const auto value = compute_sequences(work, operation, left, right)) return *value;
  require_defined(work, right);
  work.fail(fmt::format("'{}' is not supported between {} and {}", sign(operation), type_name(left),
                        type_name(right)));
}

Value negative(Work& work, const Value& value) {
  if (const auto* undefined = value.get<Undefined>()) work.fail(*undefined);
  if (const auto* real = value.get<double>()) return -*real;
  if (const auto integer = integer_of(value)) return subtract(work, 0, *integer);
  work.fail(fmt::format("a {} has no negative", type_name(value)), "a number");
}

Value positive(Work& work, const Value& value) {
  if (const auto* undefined = value.get<Undefined>()) work.fail(*undefined);
  if (const auto* real = value.get<double>()) return *real;
  if (const auto integer = integer_of(value)) return *integer;
  work.fail(fmt::format("'+' is not supported before a {}", type_name(value)), "a number");
}

}  // namespace e2lm::jinja
