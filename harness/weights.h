#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/file.h"
#include "harness/store.h"

namespace e2lm {

// What tells whether one of a checkpoint's files was written again.
struct FileStamp {
  std::string name;
  int64_t bytes = 0;
  int64_t seconds = 0, nanoseconds = 0;  // of the last modification
  uint64_t inode = 0;
  auto operator<=>(const FileStamp&) const = default;
};

// Of config.json and every safetensors file of a checkpoint's folder, by name. Throws Error if the
// folder or a file cannot be read.
std::vector<FileStamp> weights_stamps(const Path& folder);

// Whether one of the files was written to where it is. One that was deleted, or replaced by another
// under its name, is whole for those who hold it open.
bool written_in_place(const std::vector<FileStamp>& before, const std::vector<FileStamp>& after);

// SHA-256 of the checkpoints that were hashed before, found by paths, sizes, modification times and
// inodes, so that their files need not be read again.
class KnownWeights {
 public:
  explicit KnownWeights(const Store& store);

  std::optional<std::string> find(const Path& folder, const std::vector<FileStamp>& stamps) const;

 private:
  struct Row {
    std::string stamp, sha256;
  };
  std::map<std::string, Row> rows_;  // by path
};

void remember_weights(Store& store, const Path& folder, const std::vector<FileStamp>& stamps,
                      const std::string& sha256);

}  // namespace e2lm
