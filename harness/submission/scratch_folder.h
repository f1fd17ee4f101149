#pragma once

#include "base/file.h"

namespace e2lm::submission {

// A private folder for temporary files, gone with the object.
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
};

}  // namespace e2lm::submission
