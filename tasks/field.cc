#include "tasks/field.h"

#include <fmt/format.h>

#include "base/error.h"

namespace e2lm {

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
    Json values = Json::array();
    for (const YamlEntry& entry : node.entries) values.push_back(entry.value.json());
    field.source_ = std::move(values);
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
