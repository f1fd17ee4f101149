#include "tasks/template/is_tests.h"

#include <algorithm>
#include <array>

#include "tasks/template/arithmetic.h"
#include "tasks/template/compare.h"
#include "tasks/template/python_text.h"
#include "tasks/template/unicode.h"

namespace e2lm::jinja {
namespace {

bool defined(Work&, const Value& value, Arguments& arguments) {
  arguments.finish();
  return !value.is<Undefined>();
}

bool undefined(Work&, const Value& value, Arguments& arguments) {
  arguments.finish();
  return value.is<Undefined>();
}

template <typename T>
bool has_type(Work&, const Value& value, Arguments& arguments) {
  arguments.finish();
  return value.is<T>();
}

template <bool wanted>
bool boolean_is(Work&, const Value& value, Arguments& arguments) {
  arguments.finish();
  const auto* boolean = value.get<bool>();
  return boolean != nullptr && *boolean == wanted;
}

bool number(Work&, const Value& value, Arguments& arguments) {
  arguments.finish();
  return Number::of(value).has_value();
}

// With a length and an index.
bool sequence(Work&, const Value& value, Arguments& arguments) {
  arguments.finish();
  const auto* none = value.get<Undefined>();
  return value.is<std::string_view>() || items_of(value) != nullptr || value.is<Dict>() ||
         value.is<Range>() || (none != nullptr && !none->strict);
}

bool iterable(Work& work, const Value& value, Arguments& arguments) {
  arguments.finish();
  require_defined(work, value);
  return !value.is<None>() && !Number::of(value);
}

bool divides(Work& work, const Value& value, const Value& divisor, int64_t rest) {
  return equal(work, compute(work, Arithmetic::modulo, value, divisor), rest);
}

template <int64_t rest>
bool halves(Work& work, const Value& value, Arguments& arguments) {
  arguments.finish();
  return divides(work, value, int64_t{2}, rest);
}

bool divisible(Work& work, const Value& value, Arguments& arguments) {
  const Value divisor = arguments.require("num");
  arguments.finish();
  return divides(work, value, divisor, 0);
}

template <Comparison comparison>
bool compares(Work& work, const Value& value, Arguments& arguments) {
  const Value other = arguments.require();
  arguments.finish();
  return compare(work, comparison, value, other);
}

template <bool (*wanted)(char32_t), bool (*other)(char32_t)>
bool has_case(Work& work, const Value& value, Arguments& arguments) {
  arguments.finish();
  const std::string_view text = str(work, value);
  work.spend_characters(text.size());
  const std::u32string all = to_characters(text);
  return std::any_of(all.begin(), all.end(), wanted) &&
         std::none_of(all.begin(), all.end(), other) &&
         std::none_of(all.begin(), all.end(), is_titlecase);
}

constexpr auto kTests = std::to_array<IsTest>({
    {"defined", defined},
    {"undefined", undefined},
    {"none", has_type<None>},
    {"boolean", has_type<bool>},
    {"true", boolean_is<true>},
    {"false", boolean_is<false>},
    {"integer", has_type<int64_t>},
    {"float", has_type<double>},
    {"number", number},
    {"string", has_type<std::string_view>},
    {"mapping", has_type<Dict>},
    {"sequence", sequence},
    {"iterable", iterable},
    {"odd", halves<1>},
    {"even", halves<0>},
    {"divisibleby", divisible},
    {"lower", has_case<is_lower, is_upper>},
    {"upper", has_case<is_upper, is_lower>},
    {"in", compares<Comparison::in>},
    {"eq", compares<Comparison::equal>},
    {"equalto", compares<Comparison::equal>},
    {"==", compares<Comparison::equal>},
    {"ne", compares<Comparison::unequal>},
    {"!=", compares<Comparison::unequal>},
    {"lt", compares<Comparison::less>},
    {"lessthan", compares<Comparison::less>},
    {"<", compares<Comparison::less>},
    {"le", compares<Comparison::less_equal>},
    {"<=", compares<Comparison::less_equal>},
    {"gt", compares<Comparison::greater>},
    {"greaterthan", compares<Comparison::greater>},
    {">", compares<Comparison::greater>},
    {"ge", compares<Comparison::greater_equal>},
    {">=", compares<Comparison::greater_equal>},
});

}  // namespace

const IsTest* find_is_test(std::string_view name) {
  const auto found = std::find_if(kTests.begin(), kTests.end(),
                                  [&](const IsTest& test) { return test.name == name; });
  return found != kTests.end() ? found : nullptr;
}

std::vector<std::string> is_test_names() {
  std::vector<std::string> names;
  for (const IsTest& test : kTests) names.emplace_back(test.name);
  return names;
}

}  // namespace e2lm::jinja
