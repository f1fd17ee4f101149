#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace e2lm {

// The hub's hash of a file, taken piece by piece: SHA-256 where the expected hash has 64 digits,
// git's (SHA-1 of "blob LENGTH\0" and the bytes) where it has 40.
class BlobHash {
 public:
  BlobHash(size_t digits, int64_t bytes);
  ~BlobHash();

  void add(std::string_view piece);
  std::string hex();  // REQUIRES: called once, last

 private:
  struct Context;
  std::unique_ptr<Context> context_;
};

}  // namespace e2lm
