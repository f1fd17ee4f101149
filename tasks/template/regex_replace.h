#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "tasks/template/work.h"

namespace e2lm::jinja {

// Python's re.sub(pattern, replacement, text, count), with Oniguruma. The pattern is translated
// piece by piece, and what the two could read differently is refused: named groups, flags, looking
// behind, possessive repeats, \B, and repeats of a group that could match nothing. That also keeps
// out most patterns that take exponential time; the rest runs into a limit.
std::string regex_replace(Work& work, std::string_view text, std::string_view pattern,
                          std::string_view replacement, int64_t count);

// The pattern in Oniguruma's syntax.
std::string translate_pattern(const Work& work, std::string_view pattern);

}  // namespace e2lm::jinja
