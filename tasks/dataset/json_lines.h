#pragma once

#include "base/file.h"
#include "tasks/document.h"

namespace e2lm {

// Reads one JSON object a line; blank lines are passed over. Throws Error naming file and line if a
// line is no JSON object.
Documents read_json_lines(const Path& path);

}  // namespace e2lm
