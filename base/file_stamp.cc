#include "base/file_stamp.h"

#include <sys/stat.h>

namespace e2lm {

std::optional<FileStamp> file_stamp(const Path& path) {
  struct stat status = {};
  if (::stat(path.c_str(), &status) != 0) return {};
  const auto time_of = [](const timespec& time) {
    return FileStamp::Time{time.tv_sec, time.tv_nsec};
  };
  return FileStamp{status.st_size, time_of(status.st_mtim), time_of(status.st_ctim), status.st_ino};
}

}  // namespace e2lm
