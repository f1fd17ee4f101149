#include "engine/tokenizer/newer_classes.h"

#include <algorithm>

namespace e2lm {
namespace {

// What an escape at the start of the text takes: \x, but also \cx, \C-x and \M-x.
size_t escape_length(std::string_view text) {
  if (text.starts_with("\\C-") || text.starts_with("\\M-")) return 4;
  return text.starts_with("\\c") ? 3 : 2;
}

// The opening of a character class at the start of the text. A ] that comes first is a member.
size_t opening_length(std::string_view text) {
  const size_t opening = text.starts_with("[^") ? 2 : 1;
  return opening + (text.substr(opening).starts_with(']') ? 1 : 0);
}

constexpr std::string_view kPunctuation = "[:punct:]";
constexpr std::string_view kOther = "[:^punct:]";
constexpr std::string_view kMembers = R"([:punct:][\p{S}&&[:graph:]])";

}  // namespace

std::string with_newer_punctuation(std::string_view pattern) {
  std::string newer;
  int depth = 0;  // of the character classes around `at`
  for (size_t at = 0; at < pattern.size();) {
    const std::string_view rest = pattern.substr(at);
    size_t length = 1;
    if (rest.starts_with('\\')) {
      length = escape_length(rest);
    } else if (depth == 0 && rest.starts_with("(?#")) {
      length = std::min(rest.find(')'), rest.size());
    } else if (depth > 0 && (rest.starts_with(kPunctuation) || rest.starts_with(kOther))) {
      const bool other = rest.starts_with(kOther);
      newer.append(other ? "[^" : "[").append(kMembers).append("]");
      at += (other ? kOther : kPunctuation).size();
      continue;
    } else if (rest.starts_with('[')) {
      length = opening_length(rest);
      ++depth;
    } else if (rest.starts_with(']')) {
      depth = std::max(0, depth - 1);
    }
    newer.append(rest.substr(0, length));
    at += length;
  }
  return newer;
}

}  // namespace e2lm
