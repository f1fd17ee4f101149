#pragma once

#include "base/file.h"

namespace e2lm::submission {

// A private folder for temporary files, gone with the object; where the program is killed before,
// the next one removes it. A lock on the folder says that it is in use.
class ScratchFolder {
 public:
  // Throws Error if none can be made.
  ScratchFolder();
  ~ScratchFolder();
  ScratchFolder(const ScratchFolder&) = delete;
  ScratchFolder& operator=(const ScratchFolder&) = delete;

  const Path& path() const { return path_; }

 private:
  Path path_;  // canonical
  int fd_ = -1;
};

}  // namespace e2lm::submission
