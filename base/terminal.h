#pragma once

#include <string>
#include <string_view>

namespace e2lm {

// A text of a file as a terminal may show it: control characters, with which a file could move the
// cursor or change what stands there, as \xNN, and those that turn the direction of writing as
// \uNNNN. New lines and tabs stay. Of UTF-8 text.
std::string for_terminal(std::string_view text);

// Such a text to standard error.
void tell(std::string_view text);

}  // namespace e2lm
