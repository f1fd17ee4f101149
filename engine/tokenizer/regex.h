#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/tokenizer/span.h"

namespace e2lm {

// A regular expression of Oniguruma, in its own syntax over UTF-8: what tokenizer files are
// written for. Searching is const and safe from several threads.
class Regex {
 public:
  // Throws Error that opens with `where` when the pattern is broken.
  Regex(std::string_view pattern, std::string_view where);

  // Appends every match from left to right. An empty match where the last match ended is passed
  // over. REQUIRES: valid UTF-8. Throws Error when Oniguruma gives up on the text, and where the
  // pattern compares characters of the text that need stand-ins (newer_characters.h).
  void find_all(std::string_view text, std::vector<Span>& matches) const;

 private:
  struct Program;
  struct Free {
    void operator()(Program* program) const;
  };
  std::unique_ptr<Program, Free> program_;
  bool compares_ = false;  // has a back-reference
  std::string where_;
};

}  // namespace e2lm
