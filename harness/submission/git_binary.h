#pragma once

#include <string>

#include "harness/submission/patch_lines.h"

namespace e2lm::submission {

inline constexpr int64_t kMostBinaryBytes = int64_t{256} << 20;  // of one file of a patch

// Reads what follows "GIT binary patch": "literal N" or "delta N", lines of base-85, an empty line,
// and the same once more for the way back. Returns the bytes of a literal one; nothing of a delta,
// which needs the file it changes (then `is_delta` is set). Throws Error with the line's number.
std::string read_binary_patch(PatchLines& lines, bool& is_delta);

}  // namespace e2lm::submission
