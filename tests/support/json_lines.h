#pragma once

#include <string>
#include <vector>

#include "base/json.h"
#include "base/text.h"

namespace e2lm {

// What the program printed, one JSON value a line.
inline std::vector<Json> json_lines(const std::string& text) {
  std::vector<Json> lines;
  for (const std::string& line : split(text, '\n')) {
    if (!line.empty()) lines.push_back(parse_json(line, "output"));
  }
  return lines;
}

}  // namespace e2lm
