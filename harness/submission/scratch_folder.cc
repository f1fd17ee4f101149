#include "harness/submission/scratch_folder.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>

#include "base/error.h"

namespace e2lm::submission {
namespace {

constexpr std::string_view kPrefix = "e2lm-submission-";

// The folder, opened and locked; -1 if another program holds it, or it is not ours.
int lock_folder(const Path& folder) {
  const int fd = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (fd < 0) return -1;
  struct stat opened = {}, named = {};
  const bool ours = ::fstat(fd, &opened) == 0 && opened.st_uid == ::geteuid();
  const bool locked = ours && ::flock(fd, LOCK_EX | LOCK_NB) == 0;
  // Who looks for leftovers may have removed it just before it was locked.
  const bool there = locked && ::lstat(folder.c_str(), &named) == 0 &&
                     named.st_ino == opened.st_ino && named.st_dev == opened.st_dev;
  if (there) return fd;
  const int why = errno;
  ::close(fd);
  errno = why;
  return -1;
}

// What programs left that were killed: folders that nobody holds.
void remove_leftovers(const Path& temporary) {
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator(temporary, ignored)) {
    if (!entry.path().filename().string().starts_with(kPrefix)) continue;
    const int fd = lock_folder(entry.path());
    if (fd < 0) continue;
    std::filesystem::remove_all(entry.path(), ignored);
    ::close(fd);
  }
}

Path temporary_folder() {
  std::error_code none;
  const Path folder = std::filesystem::temp_directory_path(none);
  if (none) {
    const char* given = std::getenv("TMPDIR");
    throw Error(fmt::format("TMPDIR={}", given ? given : ""), "is no folder: " + none.message(),
                "one for temporary files, or no TMPDIR");
  }
  return std::filesystem::canonical(folder);
}

}  // namespace

ScratchFolder::ScratchFolder() {
  const Path temporary = temporary_folder();
  remove_leftovers(temporary);
  constexpr int kTries = 100;
  for (int i = 0; i < kTries && fd_ < 0; ++i) {
    std::string name = (temporary / (std::string(kPrefix) + "XXXXXX")).string();
    if (!::mkdtemp(name.data())) {
      throw Error(temporary.string(),
                  fmt::format("a temporary folder cannot be made there: {}", std::strerror(errno)));
    }
    path_ = name;  // until it is locked, who looks for leftovers may remove it
    fd_ = lock_folder(path_);
    if (fd_ < 0 && errno == ENOLCK) return;  // nor can who looks for leftovers lock it
  }
  if (fd_ < 0) throw Error(temporary.string(), "a temporary folder there cannot be locked");
}

ScratchFolder::~ScratchFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
  if (fd_ >= 0) ::close(fd_);
}

}  // namespace e2lm::submission
