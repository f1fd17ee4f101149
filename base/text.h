#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace e2lm {

// The parts between separators; "a,,b" has three, "" has one empty part.
std::vector<std::string> split(std::string_view text, char separator);

// Without ASCII white space at both ends.
std::string_view trim(std::string_view text);

// With the letters A to Z in lower case and all other bytes as they are.
std::string ascii_lower(std::string_view text);

bool matches_glob(std::string_view name, std::string_view pattern);  // * and ? as in a shell

// The candidate a misspelt word most likely meant, or "" when none is near.
std::string nearest(std::string_view word, std::span<const std::string> candidates);

// Whether the bytes are UTF-8: no overlong form, no surrogate, nothing above U+10FFFF.
bool is_utf8(std::string_view bytes);

// 1234567 → "1,234,567".
std::string with_commas(int64_t number);

}  // namespace e2lm
