#pragma once

#include "base/file.h"

namespace e2lm {

// An empty file beside `place`, which takes that name when it is whole. It is called
// NAME.NUMBER.part, the number this process's, or one more where such a file is there: left by a
// program that was killed, or of one in another container, where processes are numbered anew.
struct PartFile {
  Path path;
  int fd = -1;  // open for writing; the caller's to close
};

// Makes the folders above it. Throws Error naming the folder or `place`.
PartFile make_part_file(const Path& place);

}  // namespace e2lm
