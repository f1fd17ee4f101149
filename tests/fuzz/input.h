#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "base/error.h"
#include "tests/support/scratch.h"

namespace e2lm::fuzz {

// A folder of the process's own for the files that targets read.
inline const Scratch& folder() {
  static const Scratch scratch;
  return scratch;
}

// Without what write_file does for a reader's and the disk's sake: it is done a thousand times a
// second.
inline Path put(const Path& name, std::string_view content) {
  Path path = folder() / name;
  std::FILE* file = std::fopen(path.c_str(), "wb");
  std::fwrite(content.data(), 1, content.size(), file);
  std::fclose(file);
  return path;
}

// What stands before and after the first line that is `mark`; nothing after where there is none.
inline std::pair<std::string_view, std::string_view> cut(std::string_view input,
                                                         std::string_view mark) {
  const std::string line = "\n" + std::string(mark) + "\n";
  const size_t at = input.find(line);
  if (at == std::string_view::npos) return {input, {}};
  return {input.substr(0, at + 1), input.substr(at + line.size())};
}

// An Error is an answer; whatever else comes out goes on to the fuzzer.
template <typename Use>
void allow_errors(const Use& use) {
  try {
    use();
  } catch (const Error&) {
  }
}

}  // namespace e2lm::fuzz
