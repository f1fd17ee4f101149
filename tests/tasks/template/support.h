#pragma once

#include <string>
#include <string_view>

#include "tasks/template/template.h"

namespace e2lm {

// The text of a template for a document written as JSON.
inline std::string render(std::string_view source, std::string_view document = "{}") {
  return Template::parse(source, "t").render(parse_json(document, "document"));
}

}  // namespace e2lm
