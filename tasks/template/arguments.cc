#include "tasks/template/arguments.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "tasks/template/compare.h"
#include "tasks/template/python_text.h"

namespace e2lm::jinja {

Arguments::Arguments(Work& work, std::string_view callee, std::vector<Value> positional,
                     std::vector<Named> named)
    : work_(work), callee_(callee), positional_(std::move(positional)), named_(std::move(named)) {}

std::optional<Value> Arguments::next(std::string_view name) {
  if (asked_ < positional_.size()) return positional_[asked_++];
  if (name.empty()) return std::nullopt;
  const auto found = std::find_if(named_.begin(), named_.end(),
                                  [&](const Named& given) { return given.name == name; });
  if (found == named_.end()) return std::nullopt;
  const Value value = found->value;
  named_.erase(found);
  return value;
}

Value Arguments::require(std::string_view name) {
  if (const auto value = next(name)) return *value;
  fail("misses an argument", name);
}

std::string_view Arguments::text(std::string_view name) {
  return text_of(require(name));
}

std::string_view Arguments::text(std::string_view name, std::string_view absent) {
  const auto value = next(name);
  return value ? text_of(*value) : absent;
}

int64_t Arguments::integer(std::string_view name) {
  return whole_of(require(name));
}

int64_t Arguments::integer(std::string_view name, int64_t absent) {
  const auto value = next(name);
  return value ? whole_of(*value) : absent;
}

bool Arguments::flag(std::string_view name, bool absent) {
  const auto value = next(name);
  return value ? truth(work_, *value) : absent;
}

std::vector<Value> Arguments::take_rest() {
  const auto first = positional_.begin() + static_cast<ptrdiff_t>(asked_);
  std::vector<Value> rest(first, positional_.end());
  asked_ = positional_.size();
  return rest;
}

std::vector<Arguments::Named> Arguments::take_named() {
  return std::exchange(named_, {});
}

void Arguments::finish() const {
  if (asked_ < positional_.size()) fail("has too many arguments");
  if (!named_.empty()) fail(fmt::format("does not know the argument '{}'", named_[0].name));
}

void Arguments::fail(std::string_view what, std::string_view expected) const {
  work_.fail(fmt::format("{} {}", callee_, what), expected);
}

std::string_view Arguments::text_of(const Value& value) const {
  require_defined(work_, value);
  if (const auto* text = value.get<std::string_view>()) return *text;
  fail(fmt::format("got a {}", type_name(value)), "a text");
}

int64_t Arguments::whole_of(const Value& value) const {
  require_defined(work_, value);
  if (const auto integer = integer_of(value)) return *integer;
  fail(fmt::format("got a {}", type_name(value)), "an integer");
}

}  // namespace e2lm::jinja
