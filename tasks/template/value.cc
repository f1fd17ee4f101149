#include "tasks/template/value.h"

#include <array>
#include <limits>
#include <string>

#include "base/error.h"

namespace e2lm::jinja {
Items::Items(const Json& array)
    : json_(array.get_ref<const Json::array_t&>().data()), size_(array.size()) {}

Items::Items(const std::vector<Value>& values) : values_(values.data()), size_(values.size()) {}

Value Items::operator[](size_t index) const {
  return json_ != nullptr ? value_of(json_[index]) : values_[index];
}

Dict::Dict(const Json& object)
    : json_(object.get_ref<const Json::object_t&>().data()), size_(object.size()) {}

Dict::Dict(const std::vector<Entry>& entries) : entries_(entries.data()), size_(entries.size()) {}

Value Dict::key(size_t index) const {
  return json_ != nullptr ? Value(std::string_view(json_[index].first)) : entries_[index].first;
}

Value Dict::value(size_t index) const {
  return json_ != nullptr ? value_of(json_[index].second) : entries_[index].second;
}

std::optional<Value> Dict::find(std::string_view key) const {
  for (size_t i = 0; i < size_; ++i) {
    if (json_ != nullptr) {
      if (json_[i].first == key) return value(i);
    } else if (const auto* text = entries_[i].first.get<std::string_view>();
               text != nullptr && *text == key) {
      return value(i);
    }
  }
  return std::nullopt;
}

int64_t Range::size() const {
  const bool empty = step > 0 ? start >= stop : start <= stop;
  if (empty) return 0;
  // Unsigned, as the distance between two integers may need the 64th bit.
  const uint64_t distance = step > 0 ? static_cast<uint64_t>(stop) - static_cast<uint64_t>(start)
                                     : static_cast<uint64_t>(start) - static_cast<uint64_t>(stop);
  const uint64_t stride =
      step > 0 ? static_cast<uint64_t>(step) : uint64_t{0} - static_cast<uint64_t>(step);
  const uint64_t count = (distance - 1) / stride + 1;
  constexpr uint64_t kMost = std::numeric_limits<int64_t>::max();
  return static_cast<int64_t>(count < kMost ? count : kMost);
}

int64_t Range::operator[](int64_t index) const {
  // The product alone may pass 64 bits where the sum does not; unsigned, both wrap and agree.
  return static_cast<int64_t>(static_cast<uint64_t>(start) +
                              static_cast<uint64_t>(index) * static_cast<uint64_t>(step));
}

Value value_of(const Json& json) {
  switch (json.type()) {
    case Json::value_t::boolean:
      return json.get<bool>();
    case Json::value_t::number_integer:
      return json.get<int64_t>();
    case Json::value_t::number_unsigned:
      if (json.get<uint64_t>() > uint64_t{std::numeric_limits<int64_t>::max()}) {
        throw Error("document", "the integer " + json.dump() + " does not fit 64 bits");
      }
      return json.get<int64_t>();
    case Json::value_t::number_float:
      return json.get<double>();
    case Json::value_t::string:
      return std::string_view(json.get_ref<const std::string&>());
    case Json::value_t::array:
      return List{Items(json)};
    case Json::value_t::object:
      return Dict(json);
    default:
      return None{};
  }
}

std::string_view type_name(const Value& value) {
  static constexpr std::array<std::string_view, std::variant_size_v<Value::Data>> kNames = {
      "Undefined", "NoneType", "bool", "int",   "float",     "str",
      "list",      "tuple",    "dict", "range", "generator", "LoopContext"};
  return kNames[value.data.index()];
}

const Items* items_of(const Value& value) {
  if (const auto* list = value.get<List>()) return &list->items;
  if (const auto* tuple = value.get<Tuple>()) return &tuple->items;
  return nullptr;
}

std::optional<Number> Number::of(const Value& value) {
  if (const auto* real = value.get<double>()) return Number{true, 0, *real};
  const auto integer = integer_of(value);
  if (!integer) return std::nullopt;
  return Number{false, *integer, static_cast<double>(*integer)};
}

std::optional<int64_t> integer_of(const Value& value) {
  if (const auto* integer = value.get<int64_t>()) return *integer;
  if (const auto* boolean = value.get<bool>()) return *boolean ? 1 : 0;
  return std::nullopt;
}

}  // namespace e2lm::jinja
