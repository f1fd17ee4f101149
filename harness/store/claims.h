#pragma once

#include <cstdint>

#include "base/file.h"

namespace e2lm {

// Which weights the sweeps that run on a store work on, so that two of them share the work instead
// of doing it twice. A claim is a lock on one byte of the file `<store>.claims`: it ends with the
// process that holds it, however that ends. The file itself stays empty.
class Claims {
 public:
  // Claims of a store in memory are always granted. Throws StoreError if the file cannot be made.
  explicit Claims(const Path& store);
  ~Claims();
  Claims(const Claims&) = delete;
  Claims& operator=(const Claims&) = delete;

  bool take(int64_t weights);  // false: another process works on them
  void give_back(int64_t weights);

  // The claim to stream checkpoints for a share of the store's sweep, counted from 1. Two processes
  // that streamed the same ones would take their files away from each other.
  bool take_stream(int64_t shard);

 private:
  bool lock(int64_t weights, int16_t type);

  Path path_;
  int fd_ = -1;
};

}  // namespace e2lm
