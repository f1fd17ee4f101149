#pragma once

#include "base/json.h"
#include "tasks/template/source.h"

namespace e2lm::jinja {

// ast.literal_eval() of the source's text; see parse_python_literal in template.h.
// REQUIRES: UTF-8 with \n as the only line break.
Json read_literal(const Source& source);

}  // namespace e2lm::jinja
