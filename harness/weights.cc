#include "harness/weights.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include "base/error.h"

namespace e2lm {
namespace {

// What would change if a file of the folder were written again.
std::string stamp_of(const Path& folder) {
  std::string stamp;
  for (const Path& path : list_folder(folder)) {
    if (path.extension() != ".safetensors" && path.filename() != "config.json") continue;
    struct stat status = {};
    if (::stat(path.c_str(), &status) != 0) throw Error(path.string(), "cannot be read");
    stamp += fmt::format("{} {} {}.{:09} {};", path.filename().string(), status.st_size,
                         status.st_mtim.tv_sec, status.st_mtim.tv_nsec, status.st_ino);
  }
  return stamp;
}

}  // namespace

std::string known_sha256(Store& store, const Checkpoint& checkpoint) {
  const std::string path = std::filesystem::absolute(checkpoint.folder()).lexically_normal();
  const std::string stamp = stamp_of(checkpoint.folder());
  Statement find(store.database(), "SELECT sha256 FROM weights_file WHERE path = ? AND stamp = ?");
  if (find.bind(path).bind(stamp).step()) return find.text(0);
  const std::string sha256 = checkpoint.sha256();
  Statement(store.database(), "INSERT OR REPLACE INTO weights_file VALUES (?, ?, ?)")
      .bind(path)
      .bind(stamp)
      .bind(sha256)
      .finish();
  return sha256;
}

}  // namespace e2lm
