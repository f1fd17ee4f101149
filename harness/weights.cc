#include "harness/weights.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include "base/error.h"
#include "harness/hub/cache.h"

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

// In the table of files, under a path that no file has.
void remember_weights(Store& store, const CheckpointRef& ref, const std::string& sha256) {
  std::string content = ref.content;
  if (content.empty()) content = content_of_folder(ref.folder).value_or("");
  if (content.empty()) return;
  Statement(store.database(), "INSERT OR REPLACE INTO weights_file VALUES (?, ?, ?)")
      .bind("hub:" + ref.hub->name())
      .bind(content)
      .bind(sha256)
      .finish();
}

std::optional<KnownWeights> known_weights(const Store& store, const CheckpointRef& ref) {
  Statement find(store.database(),
                 fmt::format("SELECT w.id, w.dtype FROM weights_file f "
                             "JOIN weights w ON w.sha256 = f.sha256 WHERE f.{} = ?",
                             ref.content.empty() ? "path" : "stamp"));
  find.bind(ref.content.empty() ? "hub:" + ref.hub->name() : ref.content);
  if (!find.step()) return {};
  for (const DType dtype : {DType::float32, DType::bfloat16, DType::float16}) {
    if (find.text(1) == dtype_name(dtype)) return KnownWeights{find.integer(0), dtype};
  }
  return {};
}

}  // namespace e2lm
