#include "tasks/template/text_functions.h"

#include <unicode/utf8.h>

#include <algorithm>
#include <limits>

#include "base/json.h"
#include "tasks/template/python_text.h"
#include "tasks/template/unicode.h"

namespace e2lm::jinja {
namespace {

// The byte where the last character of a text that is not empty starts.
size_t last_character(std::string_view text) {
  size_t at = text.size() - 1;
  while (at > 0 && U8_IS_TRAIL(static_cast<uint8_t>(text[at]))) --at;
  return at;
}

int64_t unbounded(int64_t most) {
  return most < 0 ? std::numeric_limits<int64_t>::max() : most;
}

template <typename Drop>
std::string_view strip_if(std::string_view text, Side side, Drop drop) {
  while (side != Side::right && !text.empty()) {
    size_t at = 0;
    if (!drop(next_character(text, at))) break;
    text.remove_prefix(at);
  }
  while (side != Side::left && !text.empty()) {
    const size_t start = last_character(text);
    size_t at = start;
    if (!drop(next_character(text, at))) break;
    text = text.substr(0, start);
  }
  return text;
}

size_t first_space(std::string_view text) {
  for (size_t at = 0; at < text.size();) {
    const size_t start = at;
    if (is_space(next_character(text, at))) return start;
  }
  return text.size();
}

// The byte after the last white space.
size_t after_last_space(std::string_view text) {
  while (!text.empty()) {
    const size_t start = last_character(text);
    size_t at = start;
    if (is_space(next_character(text, at))) return text.size();
    text = text.substr(0, start);
  }
  return 0;
}

}  // namespace

std::string_view strip(std::string_view text, std::optional<std::string_view> characters,
                       Side side) {
  if (!characters) return strip_if(text, side, is_space);
  std::u32string set = to_characters(*characters);
  std::sort(set.begin(), set.end());
  return strip_if(text, side,
                  [&](char32_t c) { return std::binary_search(set.begin(), set.end(), c); });
}

std::vector<std::string_view> split(Work& work, std::string_view text, std::string_view separator,
                                    int64_t most) {
  std::vector<std::string_view> parts;
  for (int64_t left = unbounded(most); left > 0; --left) {
    const size_t found = find_text(work, text, separator);
    if (found == std::string_view::npos) break;
    parts.push_back(text.substr(0, found));
    text.remove_prefix(found + separator.size());
  }
  parts.push_back(text);
  return parts;
}

std::vector<std::string_view> split_right(Work& work, std::string_view text,
                                          std::string_view separator, int64_t most) {
  std::vector<std::string_view> parts;
  for (int64_t left = unbounded(most); left > 0; --left) {
    const size_t found = text.rfind(separator);
    const size_t scanned = text.size() - (found == std::string_view::npos ? 0 : found);
    work.spend_bytes(scanned * separator.size());
    if (found == std::string_view::npos) break;
    parts.push_back(text.substr(found + separator.size()));
    text = text.substr(0, found);
  }
  parts.push_back(text);
  std::reverse(parts.begin(), parts.end());
  return parts;
}

std::vector<std::string_view> split_at_space(std::string_view text, int64_t most) {
  std::vector<std::string_view> parts;
  text = strip(text, {}, Side::left);
  for (int64_t left = unbounded(most); left > 0 && !text.empty(); --left) {
    const size_t end = first_space(text);
    parts.push_back(text.substr(0, end));
    text = strip(text.substr(end), {}, Side::left);
  }
  if (!text.empty()) parts.push_back(text);
  return parts;
}

std::vector<std::string_view> split_at_space_right(std::string_view text, int64_t most) {
  std::vector<std::string_view> parts;
  text = strip(text, {}, Side::right);
  for (int64_t left = unbounded(most); left > 0 && !text.empty(); --left) {
    const size_t start = after_last_space(text);
    parts.push_back(text.substr(start));
    text = strip(text.substr(0, start), {}, Side::right);
  }
  if (!text.empty()) parts.push_back(text);
  std::reverse(parts.begin(), parts.end());
  return parts;
}

std::vector<std::string_view> split_lines(std::string_view text, bool keep_breaks) {
  std::vector<std::string_view> lines;
  size_t start = 0;
  for (size_t at = 0; at < text.size();) {
    const size_t end = at;
    const char32_t c = next_character(text, at);
    if (!is_line_break(c)) continue;
    if (c == '\r' && at < text.size() && text[at] == '\n') ++at;
    lines.push_back(text.substr(start, (keep_breaks ? at : end) - start));
    start = at;
  }
  if (start < text.size()) lines.push_back(text.substr(start));
  return lines;
}

std::string replace(Work& work, std::string_view text, std::string_view old,
                    std::string_view replacement, int64_t most) {
  std::string out;
  int64_t left = unbounded(most);
  size_t at = 0;
  for (; left > 0; --left) {
    work.spend(1);
    work.require_size(out.size());
    if (old.empty()) {
      out += replacement;
      if (at == text.size()) return out;
      const size_t start = at;
      next_character(text, at);
      out += text.substr(start, at - start);
    } else {
      const size_t found = find_text(work, text, old, at);
      if (found == std::string_view::npos) break;
      out.append(text.substr(at, found - at)).append(replacement);
      at = found + old.size();
    }
  }
  return out.append(text.substr(at));
}

std::string pad(Work& work, std::string_view text, int64_t width, std::string_view fill,
                Side side) {
  const int64_t missing = std::max<int64_t>(width, 0) - count_characters(text);
  if (missing <= 0) return std::string(text);
  work.require_size(static_cast<size_t>(missing));
  work.require_size(text.size() + static_cast<size_t>(missing) * fill.size());
  // An odd one goes to the left where the width is odd too: so does CPython.
  const int64_t before = side == Side::both    ? missing / 2 + (missing & width & 1)
                         : side == Side::right ? missing
                                               : 0;
  std::string out;
  for (int64_t i = 0; i < before; ++i) out += fill;
  out += text;
  for (int64_t i = before; i < missing; ++i) out += fill;
  return out;
}

std::string fill_zeros(Work& work, std::string_view text, int64_t width) {
  const bool has_sign = text.starts_with('-') || text.starts_with('+');
  const std::string_view digits = text.substr(has_sign ? 1 : 0);
  const std::string padded =
      pad(work, digits, std::max<int64_t>(width, 0) - (has_sign ? 1 : 0), "0", Side::right);
  return std::string(text.substr(0, has_sign ? 1 : 0)) + padded;
}

}  // namespace e2lm::jinja
