#pragma once

#include <cstddef>
#include <string_view>

namespace e2lm {

// A part of a text, in bytes: [begin, end).
struct Span {
  size_t begin = 0;
  size_t end = 0;

  bool empty() const { return begin == end; }
  std::string_view of(std::string_view text) const { return text.substr(begin, end - begin); }
  bool operator==(const Span&) const = default;
};

}  // namespace e2lm
