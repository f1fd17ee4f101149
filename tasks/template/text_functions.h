#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tasks/template/work.h"

namespace e2lm::jinja {

// What Python's str can do with itself, for methods and filters alike. Positions and widths count
// characters; the parts handed back are views of `text`.

enum class Side { left, right, both };

// Without white space, or without any of `characters`, at the ends.
std::string_view strip(std::string_view text, std::optional<std::string_view> characters,
                       Side side);

// At a separator, at most `most` times (all when negative); counted from the right by split_right.
// REQUIRES: a separator that is not empty.
std::vector<std::string_view> split(Work& work, std::string_view text, std::string_view separator,
                                    int64_t most);
std::vector<std::string_view> split_right(Work& work, std::string_view text,
                                          std::string_view separator, int64_t most);

// At runs of white space. Those at both ends are dropped too, but what is left after `most` times
// keeps its far end.
std::vector<std::string_view> split_at_space(std::string_view text, int64_t most);
std::vector<std::string_view> split_at_space_right(std::string_view text, int64_t most);

// At line breaks of all kinds; a final one ends the last line rather than beginning another.
std::vector<std::string_view> split_lines(std::string_view text, bool keep_breaks);

// The first `most` places of `old` (all when negative) replaced; an empty `old` stands between all
// characters and at both ends.
std::string replace(Work& work, std::string_view text, std::string_view old,
                    std::string_view replacement, int64_t most);

// Filled up to `width`: centred, or with the text at the left or right side.
std::string pad(Work& work, std::string_view text, int64_t width, std::string_view fill, Side side);

// Filled with zeros after the sign.
std::string fill_zeros(Work& work, std::string_view text, int64_t width);

}  // namespace e2lm::jinja
