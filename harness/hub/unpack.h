#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/file.h"

namespace e2lm {

// A file that was put into a folder, and the name that says what it holds.
struct UnpackedFile {
  Path file;
  std::string name;
  bool gzip = false;  // still packed
};

// Copies a data file into `folder` as NUMBER, in little memory. What is packed with bzip2, xz or
// zstd is unpacked, by its first bytes and not its name; gzip stays, whoever reads it unpacks it. A
// zip archive becomes one file for each of its own, in the order of their names and without hidden
// ones. Throws Error naming the source for damage, or for what unpacks to more than a gigabyte and
// two hundred times its size; Interrupted when asked to stop.
std::vector<UnpackedFile> unpack(const Path& source, const Path& folder, int number,
                                 const std::function<bool()>& stop);

}  // namespace e2lm
