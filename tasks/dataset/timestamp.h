#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace e2lm {

// Seconds from 1970-01-01 00:00:00 UTC of a text the original takes for a point in time:
// YYYY-MM-DD, then optionally T or a space and hh, hh:mm or hh:mm:ss, and after such a time
// optionally a zone: Z, +hh, +hhmm or +hh:mm (or -). Nothing for any other text: fractions of a
// second, a 24th hour, the 30th of February, space around it.
std::optional<int64_t> parse_timestamp(std::string_view text);

// "YYYY-MM-DD hh:mm:ss" in UTC, as Python writes a datetime; nothing outside the years 1 to 9999.
std::optional<std::string> format_timestamp(int64_t seconds);

}  // namespace e2lm
