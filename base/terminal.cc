#include "base/terminal.h"

#include <fmt/format.h>

#include <cstdio>

namespace e2lm {
namespace {

// A character that opens `text` and turns the direction of what follows it, as its number: behind
// one in a name 0.12 would be read as 21.0. They are U+202A to U+202E and U+2066 to U+2069.
std::string turning(std::string_view text) {
  if (text.size() < 3 || !text.starts_with("\xe2")) return {};
  const int code = 0x2000 | (text[1] & 0x3f) << 6 | (text[2] & 0x3f);
  const bool turns = (code >= 0x202a && code <= 0x202e) || (code >= 0x2066 && code <= 0x2069);
  return turns ? fmt::format("\\u{:04x}", code) : "";
}

}  // namespace

std::string for_terminal(std::string_view text) {
  std::string shown;
  for (size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    // U+0080 to U+009F, which terminals may obey, are C2 and a byte from 80 to 9F.
    const bool pair =
        byte == 0xc2 && i + 1 < text.size() && static_cast<unsigned char>(text[i + 1]) < 0xa0;
    const bool control = (byte < 0x20 && byte != '\n' && byte != '\t') || byte == 0x7f;
    if (const std::string name = turning(text.substr(i)); !name.empty()) {
      shown += name;
      i += 2;
    } else if (pair) {
      shown += fmt::format("\\x{:02x}", static_cast<unsigned char>(text[++i]));
    } else if (control) {
      shown += fmt::format("\\x{:02x}", byte);
    } else {
      shown += text[i];
    }
  }
  return shown;
}

void tell(std::string_view text) {
  std::fputs(for_terminal(text).c_str(), stderr);
}

}  // namespace e2lm
