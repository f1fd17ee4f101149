#include "harness/submission/patch_lines.h"

#include <fmt/format.h>

#include "base/error.h"

namespace e2lm::submission {
namespace {

bool is_converted(std::string_view text) {
  const size_t start = text.starts_with("diff --git ") ? 0 : text.find("\ndiff --git ");
  if (start == std::string_view::npos) return false;
  const size_t end = text.find('\n', start + 1);
  return end != std::string_view::npos && end > 0 && text[end - 1] == '\r';
}

// The byte that an escape stands for; `at` is moved behind it.
char unescape(std::string_view text, size_t& at, const PatchLines& lines) {
  static constexpr std::string_view kNames = "abtnvfr\"\\", kBytes = "\a\b\t\n\v\f\r\"\\";
  if (at >= text.size()) lines.fail("a quoted path ends in a backslash");
  if (const size_t found = kNames.find(text[at]); found != std::string_view::npos) {
    ++at;
    return kBytes[found];
  }
  int value = 0;
  for (int digit = 0; digit < 3; ++digit, ++at) {
    if (at >= text.size() || text[at] < '0' || text[at] > '7') {
      lines.fail("a quoted path has an unknown escape", "three octal digits or a letter of C's");
    }
    value = value * 8 + (text[at] - '0');
  }
  if (value > 255) lines.fail("a quoted path has an escape beyond \\377");
  return static_cast<char>(value);
}

}  // namespace

PatchLines::PatchLines(std::string_view text, std::string_view where)
    : text_(text), where_(where), strip_cr_(is_converted(text)) {
  read();
}

void PatchLines::read() {
  line_ = {};
  if (done()) return;
  const size_t end = text_.find('\n', at_);
  line_ = text_.substr(at_, end == std::string_view::npos ? end : end - at_);
  after_ = end == std::string_view::npos ? text_.size() : end + 1;
  if (!strip_cr_) return;
  if (line_.ends_with('\r')) {
    line_.remove_suffix(1);
  } else if (end != std::string_view::npos) {
    fail("some lines of the patch end in CR LF and this one does not", "all or none of them");
  }
}

void PatchLines::next() {
  at_ = after_;
  ++number_;
  read();
}

bool PatchLines::take(std::string_view start, std::string_view& rest) {
  if (!starts(start)) return false;
  rest = line_.substr(start.size());
  next();
  return true;
}

void PatchLines::fail(std::string_view what, std::string_view expected) const {
  throw Error(fmt::format("{}:{}", where_, number_), what, expected);
}

std::string take_git_path(std::string_view& text, const PatchLines& lines) {
  if (!text.starts_with('"')) {
    std::string path(text.substr(0, text.find('\t')));  // git ends a path with spaces by a tab
    text = {};
    return path;
  }
  std::string path;
  size_t at = 1;
  while (at < text.size() && text[at] != '"') {
    if (text[at] != '\\') {
      path += text[at++];
    } else {
      path += unescape(text, ++at, lines);
    }
  }
  if (at >= text.size()) lines.fail("a quoted path has no end");
  text.remove_prefix(at + 1);
  return path;
}

}  // namespace e2lm::submission
