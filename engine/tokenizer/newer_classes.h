#pragma once

#include <string>
#include <string_view>

namespace e2lm {

// A pattern of Oniguruma 6.9.10 in terms of 6.9.8, which a stable Debian has: since 6.9.9 the
// bracket [:punct:] holds all symbols, too ($ + < = > ^ ` | ~ and those beyond ASCII). Each such
// bracket inside a character class becomes a class of its own that says so:
//
//   [^[:punct:]\s]  →  [^[[:punct:][\p{S}&&[:graph:]]]\s]
//
// [:graph:], which holds all symbols, keeps the class to ASCII where the option (?P) does.
// REQUIRES: a pattern that compiles as it is.
std::string with_newer_punctuation(std::string_view pattern);

}  // namespace e2lm
