#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace e2lm::jinja {

// A text with a name, as messages speak of it: "where:line:column: what (expected ...)".
struct Source {
  std::string where;
  std::string text;

  // Throws Error at byte `at` of the text; lines and columns (in characters) count from 1.
  [[noreturn]] void fail(size_t at, std::string_view what, std::string_view expected = {}) const;

  // Throws Error unless the text is UTF-8 throughout.
  void require_utf8() const;
};

}  // namespace e2lm::jinja
