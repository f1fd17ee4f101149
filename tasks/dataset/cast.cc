#include "tasks/dataset/cast.h"

#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <optional>

#include "base/error.h"
#include "tasks/dataset/fast_json.h"
#include "tasks/dataset/timestamp.h"

namespace e2lm {
namespace {

using Kind = ColumnType::Kind;

bool scalar_castable(Kind from, Kind to) {
  const bool numeric = from == Kind::boolean || from == Kind::integer || from == Kind::number;
  switch (to) {
    case Kind::boolean:
      return numeric;
    case Kind::integer:
    case Kind::number:
      return numeric || from == Kind::text;
    case Kind::timestamp:
      return from == Kind::text;
    case Kind::text:
      return numeric || from == Kind::timestamp;
    default:
      return false;
  }
}

[[noreturn]] void refuse(const Json& value, const ColumnType& to, const std::string& where) {
  throw Error(where, fmt::format("{} is not {}", value.dump(), describe(to)),
              "values like those of the first rows");
}

template <typename Number>
std::optional<Number> parse_whole(const std::string& text) {
  Number number = 0;
  const char* end = text.data() + text.size();
  const auto result = std::from_chars(text.data(), end, number);
  if (result.ec != std::errc() || result.ptr != end || text.empty()) return {};
  return number;
}

// As Arrow writes a double: the shortest digits, "1" for 1.0, an exponent from 1e10 and below 1e-6.
std::string number_text(double value) {
  if (!std::isfinite(value)) return std::isnan(value) ? "nan" : value > 0 ? "inf" : "-inf";
  const double magnitude = std::abs(value);
  const bool plain = magnitude == 0 || (magnitude >= 1e-6 && magnitude < 1e10);
  char buffer[64];
  const auto format = plain ? std::chars_format::fixed : std::chars_format::scientific;
  const char* end = std::to_chars(buffer, buffer + sizeof buffer, value, format).ptr;
  std::string text(static_cast<const char*>(buffer), end);
  // to_chars writes two digits of exponent at least.
  const size_t e = text.find('e');
  if (e != std::string::npos && text[e + 2] == '0' && text.size() == e + 4) text.erase(e + 2, 1);
  return text;
}

std::string text_of(const Json& value, const ColumnType& from) {
  if (value.is_boolean()) return value.get<bool>() ? "true" : "false";
  if (value.is_string()) return value.get<std::string>();
  return from.kind == Kind::number ? number_text(value.get<double>()) : value.dump();
}

Json to_integer(const Json& value, const ColumnType& to, const std::string& where) {
  constexpr double kBeyond = 9223372036854775808.0;  // 2^63
  if (value.is_boolean()) return int64_t{value.get<bool>()};
  if (value.is_string()) {
    const auto number = parse_whole<int64_t>(value.get_ref<const std::string&>());
    if (number) return *number;
  } else if (value.is_number_float()) {
    const double number = value.get<double>();
    if (number == std::trunc(number) && std::abs(number) < kBeyond) {
      return static_cast<int64_t>(number);
    }
  } else if (!value.is_number_unsigned() || value.get<uint64_t>() < uint64_t{1} << 63) {
    return value;
  }
  refuse(value, to, where);
}

Json to_number(const Json& value, const ColumnType& to, const std::string& where) {
  if (value.is_boolean()) return value.get<bool>() ? 1.0 : 0.0;
  if (!value.is_string()) return value.get<double>();
  const auto number = parse_whole<double>(value.get_ref<const std::string&>());
  if (!number) refuse(value, to, where);
  return *number;
}

Json to_timestamp(const Json& value, const ColumnType& to, const std::string& where) {
  const auto seconds = parse_timestamp(value.get_ref<const std::string&>());
  const auto text = seconds ? format_timestamp(*seconds) : std::nullopt;
  if (seconds && !text) {
    throw Error(where, fmt::format("the time {} is outside the years 1 to 9999", value.dump()));
  }
  if (!text) refuse(value, to, where);
  return *text;
}

// In a mixed column a text that can be read as JSON is that value; any other text is itself.
Json to_mixed(Json value) {
  if (!value.is_string()) return fast_read(std::move(value));
  auto parsed = fast_parse(value.get_ref<const std::string&>());
  return parsed ? std::move(*parsed) : value;
}

Json cast_list(Json value, const ColumnType& from, const ColumnType& to, const std::string& where) {
  for (Json& element : value) {
    element = cast(std::move(element), from.fields[0].type, to.fields[0].type, where);
  }
  return value;
}

Json cast_object(Json value, const ColumnType& from, const ColumnType& to,
                 const std::string& where) {
  Json result = Json::object();
  auto& items = result.get_ref<Json::object_t&>();
  items.reserve(to.fields.size());
  auto next = value.begin();
  size_t hint = 0;
  for (const auto& [name, type] : to.fields) {
    // Most rows have the fields in the same order: look where the last one ended first.
    auto found = next != value.end() && next.key() == name ? next : value.find(name);
    Json item;
    if (found != value.end()) {
      next = std::next(found);
      const ColumnType::Field* source = find_field(from, name, hint);
      item = cast(std::move(found.value()), source->type, type, where);
    }
    ++hint;
    items.emplace_back(name, std::move(item));
  }
  return result;
}

}  // namespace

void require_castable(const ColumnType& from, const ColumnType& to, const std::string& name,
                      const std::string& where) {
  if (from.kind == Kind::null || to.kind == Kind::mixed) return;
  if (from.kind == to.kind) {
    for (size_t i = 0; i < from.fields.size(); ++i) {
      const auto& [key, type] = from.fields[i];
      const std::string inner = key.empty() ? name : fmt::format("{}.{}", name, key);
      const ColumnType::Field* target = find_field(to, key, i);
      if (!target)
        throw Error(where, fmt::format("'{}' is new", inner), "the keys of the first rows");
      require_castable(type, target->type, inner, where);
    }
    return;
  }
  if (scalar_castable(from.kind, to.kind)) return;
  throw Error(where, fmt::format("'{}' is {} in these rows", name, describe(from)),
              fmt::format("{}, as in the first rows", describe(to)));
}

Json cast(Json value, const ColumnType& from, const ColumnType& to, const std::string& where) {
  if (value.is_null()) return value;
  switch (to.kind) {
    case Kind::null:
      break;
    case Kind::boolean:
      return value.is_number() ? Json(value.get<double>() != 0) : value;
    case Kind::integer:
      return to_integer(value, to, where);
    case Kind::number:
      return to_number(value, to, where);
    case Kind::timestamp:
      return to_timestamp(value, to, where);
    case Kind::text:
      if (from.kind == Kind::text) return value;
      if (from.kind == Kind::timestamp) value = to_timestamp(value, from, where);
      return text_of(value, from);
    case Kind::list:
      return cast_list(std::move(value), from, to, where);
    case Kind::object:
      return cast_object(std::move(value), from, to, where);
    case Kind::mixed:
      return to_mixed(std::move(value));
  }
  refuse(value, to, where);
}

}  // namespace e2lm
