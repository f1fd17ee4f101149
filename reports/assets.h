#pragma once

#include <string_view>

namespace e2lm {

// A file built into the program: page.html, page.css, page.js or chart.js.
// REQUIRES: it is one of these.
std::string_view asset(std::string_view name);

}  // namespace e2lm
