#pragma once

#include <string>
#include <string_view>

#include "tasks/template/value.h"
#include "tasks/template/work.h"

namespace e2lm::jinja {

// With &, <, >, ' and " as character references.
std::string escape_html(std::string_view text);

// Python's json.dumps(value, sort_keys=True) with &, <, > and ' as \u escapes. Fails for a value
// that JSON has not, and for keys that are no text.
std::string html_safe_json(Work& work, const Value& value);

}  // namespace e2lm::jinja
