#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace e2lm::submission {

// The lines of a patch, one after another, with their numbers.
class PatchLines {
 public:
  PatchLines(std::string_view text, std::string_view where);

  bool done() const { return at_ >= text_.size(); }
  std::string_view peek() const { return line_; }  // empty at the end
  void next();
  int64_t number() const { return number_; }  // of the line that peek() shows, from 1

  // The rest of the line if it begins so, and on to the next one.
  bool take(std::string_view start, std::string_view& rest);
  bool starts(std::string_view start) const { return !done() && line_.starts_with(start); }

  [[noreturn]] void fail(std::string_view what, std::string_view expected = {}) const;

 private:
  void read();

  std::string_view text_, where_, line_;
  size_t at_ = 0, after_ = 0;
  int64_t number_ = 1;
  bool strip_cr_ = false;
};

// A path as git writes it: plain, or in quotes with C's escapes ("\303\251.txt"). `text` is cut
// down to what follows. Throws Error at the line if a quoted one is damaged.
std::string take_git_path(std::string_view& text, const PatchLines& lines);

}  // namespace e2lm::submission
