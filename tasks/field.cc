#include "tasks/field.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "base/error.h"

namespace e2lm {
namespace {

// A mapping's values. Keys that Python takes for the same (yes, on and 1; 0 and 00) are one entry,
// with the first one's place and the last one's value.
Json values_by_key(const Yaml& map) {
  std::vector<Json> keys;
  Json values = Json::array();
  for (const YamlEntry& entry : map.entries) {
    Json key = entry.key.json();
    if (key.is_boolean()) key = key.get<int>();
    const auto known = std::find(keys.begin(), keys.end(), key);
    if (known == keys.end()) {
      keys.push_back(std::move(key));
      values.push_back(entry.value.json());
    } else {
      values[known - keys.begin()] = entry.value.json();
    }
  }
  return values;
}

}  // namespace

Field Field::read(const Yaml& node, const std::string& key, Allowed allowed, Problems& problems) {
  Field field;
  field.key_ = key;
  field.source_ = node.json();
  const bool right =
      field.source_.is_string() || (allowed.list && field.source_.is_array()) ||
      (allowed.mapping && field.source_.is_object()) ||
      (allowed.number && (field.source_.is_number_integer() || field.source_.is_boolean()));
  if (!right) {
    problems.add(node, fmt::format("'{}' is {}; it must be text{}{}{}", key, field.source_.dump(),
                                   allowed.number ? " or a whole number" : "",
                                   allowed.list ? " or a list" : "",
                                   allowed.mapping ? " or a mapping" : ""));
  }
  if (field.source_.is_object()) {
    field.source_ = values_by_key(node);
  }
  if (!field.source_.is_string()) return field;
  try {
    field.template_ =
        Template::parse(field.source_.get<std::string>(), fmt::format("{}: {}", node.where(), key));
  } catch (const Error& error) {
    problems.add(error);
  }
  return field;
}

Json Field::value(const Document& document, bool is_column) const {
  if (!source_.is_string()) return source_;
  if (is_column) {
    const auto column = document.columns.find(text());
    if (column != document.columns.end()) return *column;
    throw Error(document.where, fmt::format("the row has no column '{}'", text()),
                fmt::format("the one that {} names", key_));
  }
  try {
    return template_->render(document.columns);
  } catch (const Error& error) {
    throw Error(document.where, error.what());
  }
}

}  // namespace e2lm
