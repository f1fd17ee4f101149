#pragma once

#include <string_view>

#include "base/file.h"

namespace e2lm::submission {

// A path that a stranger's file names, checked to lie below the folder it counts from whatever is
// done with it: relative, of plain components; no "..", ".", ".git", empty component, backslash,
// control character or invalid UTF-8. `where` opens the message of the Error it throws otherwise.
Path safe_path(std::string_view text, std::string_view where);

// A text for a message: control characters and bytes that are no UTF-8 escaped as \xNN, cut after
// `most` bytes.
std::string printable(std::string_view text, size_t most = 200);

}  // namespace e2lm::submission
