#pragma once

#include <functional>
#include <future>
#include <string>
#include <thread>
#include <vector>

#include "engine/checkpoint.h"
#include "harness/weights.h"

namespace e2lm {

// A checkpoint as a sweep needs it: its files mapped, and the hash of what is mapped.
struct OpenedCheckpoint {
  Checkpoint checkpoint;
  std::vector<FileStamp> stamps;
  std::string sha256;
};

// Opens checkpoints one after the other on a thread of its own, so that a sweep computes one while
// the next is hashed or, where its hash is known, comes into the system's cache of files.
class WeightsReader {
 public:
  explicit WeightsReader(KnownWeights known) : known_(std::move(known)) {}

  // Starts with another folder; one still being read is given up.
  void start(const Path& folder);

  // The checkpoint of the folder started last, once it is hashed. Throws Error if it cannot be
  // read or was written to meanwhile, Interrupted when asked to stop. REQUIRES: once for each
  // start.
  OpenedCheckpoint take(const std::function<bool()>& stop);

 private:
  KnownWeights known_;
  std::future<OpenedCheckpoint> opened_;
  std::jthread reader_;  // last: it ends before what it uses does
};

}  // namespace e2lm
