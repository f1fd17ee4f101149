#include "harness/weights.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>

#include "base/error.h"

namespace e2lm {
namespace {

std::string as_text(const std::vector<FileStamp>& stamps) {
  std::string text;
  for (const FileStamp& stamp : stamps) {
    text += fmt::format("{} {} {}.{:09} {};", stamp.name, stamp.bytes, stamp.seconds,
                        stamp.nanoseconds, stamp.inode);
  }
  return text;
}

std::string key_of(const Path& folder) {
  return std::filesystem::absolute(folder).lexically_normal().string();
}

}  // namespace

std::vector<FileStamp> weights_stamps(const Path& folder) {
  if (!std::filesystem::is_directory(folder)) {
    throw Error(folder.string(), "no such folder", "a model folder with config.json and weights");
  }
  std::vector<FileStamp> stamps;
  for (const Path& path : list_folder(folder)) {
    if (path.extension() != ".safetensors" && path.filename() != "config.json") continue;
    struct stat status = {};
    if (::stat(path.c_str(), &status) != 0) throw Error(path.string(), "cannot be read");
    stamps.push_back({path.filename().string(), status.st_size, status.st_mtim.tv_sec,
                      status.st_mtim.tv_nsec, status.st_ino});
  }
  return stamps;
}

bool written_in_place(const std::vector<FileStamp>& before, const std::vector<FileStamp>& after) {
  return std::any_of(before.begin(), before.end(), [&](const FileStamp& one) {
    return std::any_of(after.begin(), after.end(), [&](const FileStamp& other) {
      return one.name == other.name && one.inode == other.inode && one != other;
    });
  });
}

KnownWeights::KnownWeights(const Store& store) {
  Statement all(store.database(), "SELECT path, stamp, sha256 FROM weights_file");
  while (all.step()) rows_[all.text(0)] = {all.text(1), all.text(2)};
}

std::optional<std::string> KnownWeights::find(const Path& folder,
                                              const std::vector<FileStamp>& stamps) const {
  const auto row = rows_.find(key_of(folder));
  if (row == rows_.end() || row->second.stamp != as_text(stamps)) return {};
  return row->second.sha256;
}

void remember_weights(Store& store, const Path& folder, const std::vector<FileStamp>& stamps,
                      const std::string& sha256) {
  Statement(store.database(), "INSERT OR REPLACE INTO weights_file VALUES (?, ?, ?)")
      .bind(key_of(folder))
      .bind(as_text(stamps))
      .bind(sha256)
      .finish();
}

}  // namespace e2lm
