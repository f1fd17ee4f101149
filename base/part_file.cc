#include "base/part_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/error.h"

namespace e2lm {

PartFile make_part_file(const Path& place) {
  constexpr int64_t kMostProcesses = 1 << 22;  // of a Linux: another number is nobody's
  std::error_code code;
  if (place.has_parent_path()) std::filesystem::create_directories(place.parent_path(), code);
  if (code) throw Error(place.parent_path().string(), "cannot make the folder: " + code.message());
  for (int64_t number = ::getpid();; number += kMostProcesses) {
    const Path path = place.string() + fmt::format(".{}.part", number);
    const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (fd >= 0) return {path, fd};
    if (errno == EEXIST) continue;
    throw Error(place.string(), fmt::format("cannot write: {}", std::strerror(errno)));
  }
}

}  // namespace e2lm
