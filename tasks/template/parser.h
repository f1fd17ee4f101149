#pragma once

#include "tasks/template/source.h"
#include "tasks/template/syntax.h"

namespace e2lm::jinja {

// Reads a whole template. Throws Error with line and column on a syntax error, on a tag, filter or
// test outside of the subset, and on nesting too deep to be meant.
// REQUIRES: UTF-8 with \n as the only line break.
Statement::Body parse(const Source& source);

}  // namespace e2lm::jinja
