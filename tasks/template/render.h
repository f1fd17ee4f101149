#pragma once

#include <string>

#include "base/json.h"
#include "tasks/template/source.h"
#include "tasks/template/syntax.h"

namespace e2lm::jinja {

// The text of a template for a document. Throws Error with line and column.
// REQUIRES: `document` is an object, `body` was parsed from `source`.
std::string render(const Source& source, const Statement::Body& body, const Json& document);

}  // namespace e2lm::jinja
