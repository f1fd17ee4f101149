#pragma once

#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "base/file.h"

namespace e2lm {

// A JSON value whose objects keep the order of the file; documents and reports are these.
using Json = nlohmann::ordered_json;

// The same with sorted keys: look-up in O(log n), for files with huge objects (a vocabulary).
using SortedJson = nlohmann::json;

// Parse one JSON text. `where` (a path, a path:line) opens every message. Throws Error with line
// and column on a syntax error, a key given twice, invalid UTF-8, or nesting deeper than 100.
Json parse_json(std::string_view text, std::string_view where);
SortedJson parse_sorted_json(std::string_view text, std::string_view where);

// The same for a text that stands in a file, beginning at a line of it.
Json parse_json(std::string_view text, std::string_view where, int64_t line);

// JSON as Python writes and reads it: the bare words Infinity, -Infinity and NaN, and numbers too
// large for a double (1e999), are kept as {"__float__": "Infinity"}, the spelling transformers 5
// uses, so that a reader meets one form only.
Json parse_python_json(std::string_view text, std::string_view where);
Json parse_python_json(std::string_view text, std::string_view where, int64_t line);

// Calls `row` with every line of a JSON-lines file that is not blank, and its 1-based number.
// Reads the file piece by piece: memory holds one line. Throws Error naming file and line.
void for_each_json_line(const Path& path, const std::function<void(int64_t line, Json row)>& row);

// Characters of UTF-8 text, as Python's len() counts them: code points.
// REQUIRES: valid UTF-8 (whatever came through parse_json is).
int64_t count_characters(std::string_view utf8);

}  // namespace e2lm
