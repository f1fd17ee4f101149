#include "base/error.h"

#include <fmt/format.h>

namespace e2lm {
namespace {

std::string message(std::string_view where, std::string_view what, std::string_view expected) {
  std::string text = where.empty() ? std::string(what) : fmt::format("{}: {}", where, what);
  if (!expected.empty()) text += fmt::format(" (expected {})", expected);
  return text;
}

}  // namespace

Error::Error(std::string_view where, std::string_view what, std::string_view expected)
    : std::runtime_error(message(where, what, expected)) {}

}  // namespace e2lm
