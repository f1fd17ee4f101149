#pragma once

#include <string>

#include "base/json.h"

namespace e2lm {

// The value PyYAML's safe loader gives a plain (unquoted) scalar: YAML 1.1's booleans (yes, off),
// octal 010, base 60 (1:30), floats that need a dot, null; anything else is the text itself.
// Dates stay text.
Json resolve_yaml_scalar(const std::string& text);

}  // namespace e2lm
