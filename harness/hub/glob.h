#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace e2lm {

// A pattern of paths, as data sets name their files by:
//
//   *      any characters of one name     [abc] [a-c] [!abc]   one character of these, or none of
//   ?      one character                  **                   any folders, as a whole part only
//
// A last ** stands for everything below. Characters are bytes, in ? code points.
class Glob {
 public:
  // Throws Error naming the pattern if ** is not a part of its own.
  explicit Glob(std::string_view pattern);

  bool matches(std::string_view path) const;

 private:
  std::vector<std::string> parts_;
};

// Whether the text holds one of * ? [
bool has_wildcards(std::string_view text);

}  // namespace e2lm
