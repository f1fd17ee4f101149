#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "tasks/template/work.h"

namespace e2lm::jinja {

// Numbers as Python's int() and float() read them from text: white space around, an underscore
// between digits, digits of any script. None when the text is no number (a ValueError there).

// Fails when the number does not fit 64 bits. REQUIRES: 2 <= base <= 36.
std::optional<int64_t> read_integer(Work& work, std::string_view text, int base);

std::optional<double> read_real(std::string_view text);

}  // namespace e2lm::jinja
