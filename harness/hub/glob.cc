#include "harness/hub/glob.h"

#include <fmt/format.h>

#include "base/error.h"
#include "base/text.h"

namespace e2lm {
namespace {

constexpr size_t kNone = std::string_view::npos;

// The end of a set that opens at `at`, behind its bracket; kNone if it does not end. A bracket
// right after the opening one belongs to the set.
size_t end_of_set(std::string_view pattern, size_t at) {
  size_t from = at + 1;
  if (from < pattern.size() && pattern[from] == '!') ++from;
  const size_t close = pattern.find(']', from + 1);
  return close == kNone ? kNone : close + 1;
}

// `set` is what stands between the brackets.
bool in_set(std::string_view set, char c) {
  const bool without = set.starts_with('!');
  if (without) set.remove_prefix(1);
  bool found = false;
  for (size_t i = 0; i < set.size(); ++i) {
    const bool range = i + 2 < set.size() && set[i + 1] == '-';
    const char last = range ? set[i + 2] : set[i];
    found = found || (set[i] <= c && c <= last);
    if (range) i += 2;
  }
  return found != without;
}

// How many bytes of `text` the part of a pattern at `at` stands for, and where the next one is;
// nothing if they do not fit. REQUIRES: it is no star, and neither text is at its end.
struct Step {
  size_t next = 0, bytes = 0;
};
Step step(std::string_view pattern, size_t at, std::string_view text) {
  if (pattern[at] == '?') {
    size_t bytes = 1;
    while (bytes < text.size() && (text[bytes] & 0xC0) == 0x80) ++bytes;
    return {at + 1, bytes};
  }
  if (const size_t end = pattern[at] == '[' ? end_of_set(pattern, at) : kNone; end != kNone) {
    return {end, in_set(pattern.substr(at + 1, end - at - 2), text[0]) ? size_t{1} : 0};
  }
  return {at + 1, pattern[at] == text[0] ? size_t{1} : 0};
}

// A name by a pattern without slashes. A star that turns out to have taken too little takes one
// byte more; only the last one has to be tried again.
bool name_matches(std::string_view pattern, std::string_view name) {
  size_t at = 0, done = 0, star = kNone, starred = 0;
  while (done < name.size()) {
    if (at < pattern.size() && pattern[at] == '*') {
      star = ++at;
      starred = done;
      continue;
    }
    const Step taken = at < pattern.size() ? step(pattern, at, name.substr(done)) : Step();
    if (taken.bytes > 0) {
      at = taken.next;
      done += taken.bytes;
    } else if (star != kNone) {
      at = star;
      done = ++starred;
    } else {
      return false;
    }
  }
  return pattern.find_first_not_of('*', at) == kNone;
}

}  // namespace

Glob::Glob(std::string_view pattern) : parts_(split(pattern, '/')) {
  for (const std::string& part : parts_) {
    if (part == "**" || part.find("**") == std::string::npos) continue;
    throw Error(pattern, "has ** beside other characters",
                "** as a part of its own, as in **/*.csv");
  }
}

bool Glob::matches(std::string_view path) const {
  const std::vector<std::string> names = split(path, '/');
  // fits[i]: the parts so far stand for the first i names.
  std::vector<bool> fits(names.size() + 1);
  fits[0] = true;
  for (size_t p = 0; p < parts_.size(); ++p) {
    std::vector<bool> next(names.size() + 1);
    const bool folders = parts_[p] == "**", last = p + 1 == parts_.size();
    bool before = false;
    for (size_t i = 0; i <= names.size(); ++i) {
      // Folders of a ** may be none; below a last one there is something.
      if (folders) next[i] = before || (!last && fits[i]);
      before = before || fits[i];
      if (!folders && i > 0) next[i] = fits[i - 1] && name_matches(parts_[p], names[i - 1]);
    }
    fits = std::move(next);
  }
  return fits.back();
}

bool has_wildcards(std::string_view text) {
  return text.find_first_of("*?[") != kNone;
}

}  // namespace e2lm
