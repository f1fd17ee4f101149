#pragma once

#include <optional>
#include <string>

#include "base/yaml.h"
#include "tasks/document.h"
#include "tasks/template/template.h"

namespace e2lm {

// What doc_to_text, doc_to_target and doc_to_choice say: how a value comes out of a document. Text
// that is the name of a column gives that cell as it is; any other text is a template. Lists and
// whole numbers stand for themselves, a mapping for the list of its values.
class Field {
 public:
  // What a field may be besides text.
  struct Allowed {
    bool number = false;  // a whole number, true or false
    bool list = false;
    bool mapping = false;
  };

  // `key` and its place open every message. A template that does not parse goes to `problems`.
  static Field read(const Yaml& node, const std::string& key, Allowed allowed, Problems& problems);

  // `is_column`: whether the field's text is the name of a column. A template's value is text.
  // Throws Error naming the document and the key if the template cannot be rendered with it.
  Json value(const Document& document, bool is_column) const;

  // Whether the value is the same for every document, and needs none.
  bool is_literal() const { return !source_.is_string(); }
  const std::string& text() const { return source_.get_ref<const std::string&>(); }
  const Json& source() const { return source_; }  // as the file has it

 private:
  std::string key_;
  Json source_;
  std::optional<Template> template_;
};

}  // namespace e2lm
