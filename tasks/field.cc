#include "tasks/field.h"

#include <fmt/format.h>

#include "base/error.h"

namespace e2lm {
namespace {

bool is_name(std::string_view text) {
  static constexpr std::string_view kLetters =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789";
  return !text.empty() && text.find_first_not_of(kLetters) == std::string_view::npos &&
         (text[0] < '0' || text[0] > '9');
}

}  // namespace

Field Field::read(const Yaml& node, const std::string& key, Problems& problems) {
  Field field;
  field.key_ = key;
  field.source_ = node.json();
  if (!node.tag.empty()) {
    problems.add(node.line,
                 fmt::format("'{}' is {}, which needs Python and is not run here", key, node.tag));
    return field;
  }
  const bool usable =
      field.source_.is_string() || field.source_.is_array() || field.source_.is_number_integer();
  if (!usable) {
    problems.add(node.line, fmt::format("'{}' must be text, a list or a whole number", key));
  }
  if (!field.source_.is_string()) return field;
  const std::string where = fmt::format("{}:{}: {}", problems.path(), node.line, key);
  try {
    field.template_ = Template::parse(field.source_.get<std::string>(), where);
  } catch (const Error& error) {
    problems.add(node.line, error.what());
  }
  return field;
}

Json Field::value(const Document& document) const {
  if (!source_.is_string()) return source_;
  const auto column = document.columns.find(source_.get_ref<const std::string&>());
  if (column != document.columns.end()) return *column;
  if (is_name(source_.get_ref<const std::string&>())) {
    throw Error(document.where,
                fmt::format("the row has no column '{}'", source_.get_ref<const std::string&>()),
                fmt::format("the one that {} names", key_));
  }
  try {
    return template_->render(document.columns);
  } catch (const Error& error) {
    throw Error(document.where, error.what());
  }
}

}  // namespace e2lm
