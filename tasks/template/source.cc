#include "tasks/template/source.h"

#include <fmt/format.h>
#include <unicode/utf8.h>

#include <algorithm>
#include <cstdint>

#include "base/error.h"
#include "base/json.h"

namespace e2lm::jinja {

void Source::fail(size_t at, std::string_view what, std::string_view expected) const {
  const auto before = std::string_view(text).substr(0, at);
  const auto line = 1 + std::count(before.begin(), before.end(), '\n');
  const auto column = 1 + count_characters(before.substr(before.rfind('\n') + 1));
  throw Error(fmt::format("{}:{}:{}", where, line, column), what, expected);
}

void Source::require_utf8() const {
  const auto size = static_cast<int64_t>(text.size());
  for (int64_t at = 0; at < size;) {
    const int64_t start = at;
    UChar32 c;
    U8_NEXT(text.data(), at, size, c);
    if (c < 0) fail(static_cast<size_t>(start), "is not valid UTF-8");
  }
}

}  // namespace e2lm::jinja
