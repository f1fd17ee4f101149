#pragma once

#include <optional>
#include <string>

#include "base/yaml.h"
#include "tasks/document.h"
#include "tasks/template/template.h"

namespace e2lm {

// What doc_to_text, doc_to_target and doc_to_choice say: how a value comes out of a document. A
// string that names a column of the document gives that cell as it is (a bare word must name one);
// any other string is a template. Lists and whole numbers stand for themselves.
class Field {
 public:
  // `key` and its place open every message. A template that does not parse goes to `problems`.
  static Field read(const Yaml& node, const std::string& key, Problems& problems);

  // Throws Error naming the document and the key if the template cannot be rendered with it.
  Json value(const Document& document) const;

  const Json& source() const { return source_; }  // as the file has it

 private:
  std::string key_;
  Json source_;
  std::optional<Template> template_;
};

}  // namespace e2lm
