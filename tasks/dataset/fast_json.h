#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/json.h"

namespace e2lm {

// What becomes of values on the way through the JSON library that the original reads some files
// with: it writes ten digits after the point and reads numbers by multiplying with powers of ten,
// which can be off by the last bits. Prompts show the digits, so they are kept as they come out.
//
// All functions change numbers anywhere within a value; NaN becomes null, and infinities too when
// written.

// Read by it.
Json fast_read(Json value);

// Written by it, then read exactly.
Json fast_written(Json value);

// A text read as JSON by it, or nothing when it cannot: " 7 " and "007" are 7, "-" is 0, "1." is
// 1.0, "NaN" is null, "[1]" a list. Objects and lists are read strictly.
std::optional<Json> fast_parse(const std::string& text);

}  // namespace e2lm
