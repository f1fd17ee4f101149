#include "harness/submission/safe_path.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.h"
#include "base/text.h"

namespace e2lm::submission {
namespace {

constexpr size_t kMostBytes = 1000;
constexpr size_t kMostComponentBytes = 255;

bool is_control(char c) {
  return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
}

// What is wrong with a component; empty if nothing is.
std::string_view objection(const std::string& component) {
  if (component.empty()) return "has an empty component";
  if (component == ".." || component == ".") return "leads out of its folder or back to it";
  if (component.size() > kMostComponentBytes) return "has a component of more than 255 bytes";
  if (ascii_lower(component) == ".git") return "lies in a folder .git";
  return {};
}

}  // namespace

Path safe_path(std::string_view text, std::string_view where) {
  const auto refuse = [&](std::string_view why) {
    throw Error(where, fmt::format("the path '{}' {}", printable(text), why),
                "a plain path below the submission's own folder");
  };
  if (text.empty()) refuse("is empty");
  if (text.front() == '/') refuse("is absolute");
  if (text.size() > kMostBytes) refuse("is longer than 1000 bytes");
  if (text.find('\\') != std::string_view::npos) refuse("has a backslash");
  if (std::any_of(text.begin(), text.end(), is_control)) refuse("has a control character");
  if (!is_utf8(text)) refuse("is not UTF-8");
  for (const std::string& component : split(text, '/')) {
    if (const std::string_view why = objection(component); !why.empty()) refuse(why);
  }
  return Path(text);
}

std::string printable(std::string_view text, size_t most) {
  const bool valid = is_utf8(text);
  std::string shown;
  for (size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    const bool inside_character = valid && (byte & 0xC0) == 0x80;
    if (shown.size() >= most && !inside_character) return shown + "...";
    if (is_control(text[i]) || (byte >= 0x80 && !valid)) {
      shown += fmt::format("\\x{:02x}", byte);
    } else {
      shown += text[i];
    }
  }
  return shown;
}

}  // namespace e2lm::submission
