#pragma once

#include <string_view>

#include "tasks/template/arguments.h"
#include "tasks/template/value.h"
#include "tasks/template/work.h"

namespace e2lm::jinja {

// Python's `format % value` with %s, %r, %d, %i, %f, %.2f, %% and %(key)s; anything else fails.
std::string_view format_percent(Work& work, std::string_view format, const Value& value);

// Python's `format.format(...)` with {}, {0}, {name}, !s, !r and :.2f; anything else fails.
std::string_view format_braces(Work& work, std::string_view format, Arguments& arguments);

}  // namespace e2lm::jinja
