#pragma once

#include <compare>
#include <cstdint>
#include <optional>

#include "base/file.h"

namespace e2lm {

// What tells that a file was written again, or that another took its place. The time of its content
// alone does not: archives, copies and backups set it back. That of its status nobody can set.
struct FileStamp {
  struct Time {
    int64_t seconds = 0, nanoseconds = 0;
    auto operator<=>(const Time&) const = default;
  };
  int64_t bytes = 0;
  Time modified;  // its content
  Time changed;   // its status: content, rights, names
  uint64_t inode = 0;
  auto operator<=>(const FileStamp&) const = default;
};

// None if there is no such file.
std::optional<FileStamp> file_stamp(const Path& path);

}  // namespace e2lm
