#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace e2lm {

// The characters that Unicode 14.1 to 16 added. The original library knows them; the Oniguruma
// and ICU of a stable Debian (Unicode 14 and 15) take them for unassigned.

// An older character that patterns treat alike, of the same length in UTF-8; or the same one.
char32_t stand_in(char32_t character);

// The text with stand-ins, byte for byte in the same places; none if it needs none.
// REQUIRES: valid UTF-8.
std::optional<std::string> with_stand_ins(std::string_view text);

// The lower case of capital letters added up to Unicode 17; other characters stay as they are.
char32_t newer_lowercase(char32_t character);

}  // namespace e2lm
