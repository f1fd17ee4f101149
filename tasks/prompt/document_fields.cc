#include "tasks/prompt/document_fields.h"

#include <fmt/format.h>

#include "base/error.h"
#include "tasks/template/template.h"

namespace e2lm {

bool DocumentFields::is_column(const Field& field) const {
  return !field.is_literal() && evaluated_.has_column(field.text());
}

Json DocumentFields::text(const Document& document, const Field& field) const {
  const bool column = is_column(field);
  Json value = field.value(document, column);
  const bool rendered = !column && !field.is_literal();
  if (rendered && task_.doc_to_choice && python_isdigit(value.get_ref<const std::string&>())) {
    return parse_python_literal(value.get<std::string>(), document.where + ": doc_to_text");
  }
  return value;
}

Json DocumentFields::target(const Document& document, const Field& field) const {
  const bool column = is_column(field);
  Json value = field.value(document, column);
  if (column || field.is_literal()) return value;
  const auto& text = value.get_ref<const std::string&>();
  const std::string where = document.where + ": doc_to_target";
  if (task_.doc_to_choice && python_isdigit(text)) return parse_python_literal(text, where);
  if (text.size() >= 2 && text.front() == '[' && text.back() == ']') {
    try {
      return parse_python_literal(text, where);
    } catch (const Error&) {
      return value;  // text in brackets, and no list
    }
  }
  return value;
}

std::vector<std::string> DocumentFields::choices(const Document& document,
                                                 const Field& field) const {
  const bool column = is_column(field);
  Json list = field.value(document, column);
  if (!column && !field.is_literal()) {
    list = parse_python_literal(list.get<std::string>(), document.where + ": doc_to_choice");
  }
  if (!list.is_array() || list.empty()) {
    fail(document, "doc_to_choice is " + list.dump(), "a list of texts");
  }
  std::vector<std::string> choices;
  for (const Json& item : list) {
    if (!item.is_string() || item.get_ref<const std::string&>().empty()) {
      fail(document, fmt::format("choice {} is {}", choices.size(), item.dump()),
           "a text that is not empty");
    }
    choices.push_back(item.get<std::string>());
  }
  return choices;
}

std::string DocumentFields::phrase(const Document& document,
                                   const std::optional<Field>& field) const {
  if (!field || field->text().empty()) return "";
  const Json value = field->value(document, document.columns.contains(field->text()));
  if (value.is_null()) return "";
  if (!value.is_string())
    fail(document, fmt::format("'{}' is {}", field->text(), value.dump()), "text");
  return value.get<std::string>();
}

void DocumentFields::fail(const Document& document, std::string_view what,
                          std::string_view expected) const {
  throw Error(document.where, fmt::format("task {}: {}", task_.name, what), expected);
}

}  // namespace e2lm
