#pragma once

#include <thread>

#include "base/file.h"

namespace e2lm {

// Reads a checkpoint's weights ahead on a thread of its own, into the system's cache of files: a
// sweep computes one checkpoint while the next comes in from the disk or the network.
class Prefetch {
 public:
  // Starts with another folder; one still being read is given up. What cannot be read is passed
  // over: whoever opens the checkpoint says why.
  void start(const Path& folder);

 private:
  std::jthread reader_;
};

}  // namespace e2lm
