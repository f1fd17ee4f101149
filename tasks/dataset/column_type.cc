#include "tasks/dataset/column_type.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "tasks/dataset/timestamp.h"

namespace e2lm {
namespace {

using Kind = ColumnType::Kind;

Kind kind_of(const Json& value, Kind so_far, const TypeRules& rules) {
  switch (value.type()) {
    case Json::value_t::boolean:
      return Kind::boolean;
    case Json::value_t::number_integer:
      return Kind::integer;
    case Json::value_t::number_unsigned:
      return value.get<uint64_t>() > std::numeric_limits<int64_t>::max() ? Kind::number
                                                                         : Kind::integer;
    case Json::value_t::number_float:
      return Kind::number;
    case Json::value_t::string:
      return rules.timestamps && so_far != Kind::text &&
                     parse_timestamp(value.get_ref<const std::string&>())
                 ? Kind::timestamp
                 : Kind::text;
    case Json::value_t::array:
      return Kind::list;
    case Json::value_t::object:
      return Kind::object;
    default:
      return Kind::null;
  }
}

Kind join(Kind a, Kind b) {
  const auto both_among = [&](Kind one, Kind other) {
    return (a == one || a == other) && (b == one || b == other);
  };
  if (a == b || a == Kind::null) return b;
  if (both_among(Kind::integer, Kind::number)) return Kind::number;
  if (both_among(Kind::timestamp, Kind::text)) return Kind::text;
  return Kind::mixed;
}

void note_number(ColumnType& type, const Json& value) {
  constexpr double kExact = 0x1p53, kBeyond = 0x1p63;
  const double number = value.get<double>();
  if (value.is_number_float()) {
    if (number != std::trunc(number) || std::abs(number) >= kBeyond) type.fractional = true;
  } else {
    if (std::abs(number) >= kExact) type.large = true;
    if (number >= kBeyond) type.beyond = true;
  }
}

// The place in `fields` of a name, looked for first where it stood in the row before.
size_t place_of(const std::vector<ColumnType::Field>& fields, std::string_view name, size_t hint) {
  if (hint < fields.size() && fields[hint].name == name) return hint;
  const auto found = std::find_if(fields.begin(), fields.end(),
                                  [&](const ColumnType::Field& f) { return f.name == name; });
  return found - fields.begin();
}

bool same_keys(const ColumnType& type, const Json& object) {
  if (object.empty() || object.size() != type.fields.size()) return false;
  size_t hint = 0;
  for (const auto& [key, value] : object.items()) {
    if (place_of(type.fields, key, hint++) == type.fields.size()) return false;
  }
  return true;
}

void widen_fields(ColumnType& type, const Json& object, const TypeRules& rules) {
  size_t hint = 0;
  for (const auto& [key, value] : object.items()) {
    const size_t place = place_of(type.fields, key, hint++);
    if (place == type.fields.size()) type.fields.push_back({key, {}});
    widen(type.fields[place].type, value, rules);
  }
}

}  // namespace

void widen(ColumnType& type, const Json& value, const TypeRules& rules) {
  if (value.is_null()) type.has_null = true;
  if (value.is_null() || type.kind == Kind::mixed) return;
  const bool first = type.kind == Kind::null;
  type.kind = join(type.kind, kind_of(value, type.kind, rules));
  if (value.is_number()) note_number(type, value);
  if (type.kind == Kind::object) {
    if (rules.objects_differ && (first ? value.empty() : !same_keys(type, value))) {
      type.kind = Kind::mixed;
    } else {
      widen_fields(type, value, rules);
    }
  }
  if (type.kind == Kind::list) {
    if (type.fields.empty()) type.fields.resize(1);
    type.nulls.see(value, rules.block);
    for (const Json& element : value) widen(type.fields[0].type, element, rules);
  }
  if (type.kind == Kind::mixed) type.fields.clear();
}

void widen_row(ColumnType& table, const Json& row, const TypeRules& rules) {
  const bool first = table.kind == Kind::null;
  const size_t known = table.fields.size();
  table.kind = Kind::object;
  widen_fields(table, row, rules);
  if (row.size() == known && table.fields.size() == known) return;
  for (size_t i = 0; i < table.fields.size(); ++i) {
    const bool is_new = i >= known;
    const bool absent = is_new ? !first : !row.contains(table.fields[i].name);
    if (absent) table.fields[i].type.has_null = true;
  }
}

bool holds_mixed(const ColumnType& type) {
  return type.kind == Kind::mixed ||
         std::any_of(type.fields.begin(), type.fields.end(),
                     [](const ColumnType::Field& field) { return holds_mixed(field.type); });
}

bool holds_nested_timestamp(const ColumnType& type) {
  return std::any_of(type.fields.begin(), type.fields.end(), [](const ColumnType::Field& field) {
    return field.type.kind == Kind::timestamp || holds_nested_timestamp(field.type);
  });
}

std::string describe(const ColumnType& type) {
  switch (type.kind) {
    case Kind::null:
      return "null";
    case Kind::boolean:
      return "boolean";
    case Kind::integer:
      return "integer";
    case Kind::number:
      return "number";
    case Kind::timestamp:
      return "timestamp";
    case Kind::text:
      return "text";
    case Kind::list:
      return "list of " + describe(type.fields[0].type);
    case Kind::object:
      return "object";
    case Kind::mixed:
      break;
  }
  return "mixed";
}

const ColumnType::Field* find_field(const ColumnType& type, std::string_view name, size_t hint) {
  const size_t place = place_of(type.fields, name, hint);
  return place < type.fields.size() ? &type.fields[place] : nullptr;
}

}  // namespace e2lm
