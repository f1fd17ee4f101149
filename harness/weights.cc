#include "harness/weights.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <cstdlib>
#include <ctime>

#include "base/error.h"

namespace e2lm {
namespace {

// What would change if a file of the folder were written again.
struct Stamp {
  std::string text;
  bool settled = true;  // no file is so young that writing it once more could leave its time as is
};

Stamp stamp_of(const Path& folder) {
  constexpr int64_t kTickSeconds = 2;  // of the coarsest file systems
  struct timespec now = {};
  ::clock_gettime(CLOCK_REALTIME, &now);
  Stamp stamp;
  for (const Path& path : list_folder(folder)) {
    if (path.extension() != ".safetensors" && path.filename() != "config.json") continue;
    struct stat status = {};
    if (::stat(path.c_str(), &status) != 0) throw Error(path.string(), "cannot be read");
    stamp.text += fmt::format("{} {} {}.{:09} {};", path.filename().string(), status.st_size,
                              status.st_mtim.tv_sec, status.st_mtim.tv_nsec, status.st_ino);
    stamp.settled &= std::abs(now.tv_sec - status.st_mtim.tv_sec) >= kTickSeconds;
  }
  return stamp;
}

}  // namespace

std::string known_sha256(Store& store, const Checkpoint& checkpoint) {
  const std::string path = std::filesystem::absolute(checkpoint.folder()).lexically_normal();
  const auto [stamp, settled] = stamp_of(checkpoint.folder());
  Statement find(store.database(), "SELECT sha256 FROM weights_file WHERE path = ? AND stamp = ?");
  if (find.bind(path).bind(stamp).step()) return find.text(0);
  const std::string sha256 = checkpoint.sha256();
  if (!settled) return sha256;
  Statement(store.database(), "INSERT OR REPLACE INTO weights_file VALUES (?, ?, ?)")
      .bind(path)
      .bind(stamp)
      .bind(sha256)
      .finish();
  return sha256;
}

}  // namespace e2lm
