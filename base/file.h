#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/mapping_guard.h"

namespace e2lm {

using Path = std::filesystem::path;

// A whole file mapped read-only; move-only, unmapped when destroyed. An empty file has no bytes.
// Where the file is cut off while it is mapped, zeros come instead of what was there: whoever has
// read something asks check_unchanged() before it counts.
class MappedFile {
 public:
  // Throws Error when the file cannot be opened or is not a regular file.
  explicit MappedFile(const Path& path);
  ~MappedFile();
  MappedFile(MappedFile&& other) noexcept;
  MappedFile& operator=(MappedFile&& other) noexcept;

  std::span<const std::byte> bytes() const { return bytes_; }
  const Path& path() const { return path_; }

  // Gives the memory back that holds pages of the file; they come again when looked at.
  void release_pages() const;

  // Throws Error if what was read may not be what the file held when it was opened: it was written
  // to since, cut off, or its disk fails. A file put in its place does not matter.
  void check_unchanged() const;

 private:
  Path path_;
  int fd_ = -1;
  int64_t modified_ns_ = 0;
  std::span<const std::byte> bytes_;
  MappingGuard guard_;
};

// The whole file as bytes. Throws Error naming the path.
std::string read_file(const Path& path);

// Writes beside `path` and renames over it: readers see the old content or the new, never a half.
// Makes the parent folders. Throws Error naming the path when anything fails (a full disk, say);
// the old content is then untouched. A device or a pipe is written to as it is.
void write_file(const Path& path, std::string_view content);

// Throws Error if write_file would, by rights or folders; for before a long computation. Makes the
// parent folders.
void check_can_write(const Path& path);

// Whether a file or folder is seen there. Where the system refuses to look (rights, a loop of
// links, a lost mount) none is, and whoever opens it is told why.
bool is_seen(const Path& path);

// Entries of a folder, sorted by name so that every machine sees the same order.
std::vector<Path> list_folder(const Path& folder);

}  // namespace e2lm
