#include "harness/store/new_store.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <vector>

#include "base/part_file.h"

namespace e2lm {
namespace {

// The folders above a file that were not there go again, unless they hold something.
class NewFolders {
 public:
  explicit NewFolders(const Path& file) {
    for (Path folder = file.parent_path(); !folder.empty() && !is_seen(folder);
         folder = folder.parent_path()) {
      folders_.push_back(folder);
    }
  }
  NewFolders(const NewFolders&) = delete;
  NewFolders& operator=(const NewFolders&) = delete;
  ~NewFolders() {
    std::error_code ignored;
    for (const Path& folder : folders_) std::filesystem::remove(folder, ignored);
  }

 private:
  std::vector<Path> folders_;  // innermost first
};

// What was made for a store goes again, unless the store took its place.
class NewStore {
 public:
  explicit NewStore(const Path& place) : place_(place), folders_(place) {
    const PartFile part = make_part_file(place);
    ::close(part.fd);  // SQLite fills it
    beside_ = part.path;
  }
  NewStore(const NewStore&) = delete;
  NewStore& operator=(const NewStore&) = delete;
  ~NewStore() {
    if (taken_) return;  // the name can be another program's by now
    std::error_code ignored;
    for (const char* end : {"", "-wal", "-shm"}) {
      std::filesystem::remove(beside_.string() + end, ignored);
    }
  }

  const Path& path() const { return beside_; }

  // False where another store is there by now. REQUIRES: the store at path() is closed.
  bool take_place() {
    int result = ::renameat2(AT_FDCWD, beside_.c_str(), AT_FDCWD, place_.c_str(), RENAME_NOREPLACE);
    // Not every file system can refuse to replace.
    if (result != 0 && errno == EINVAL) {
      if (std::filesystem::exists(place_)) return false;
      result = std::rename(beside_.c_str(), place_.c_str());
    }
    taken_ = result == 0;
    if (taken_) return true;
    if (errno == EEXIST) return false;
    throw StoreError(place_.string(), fmt::format("cannot be written: {}", std::strerror(errno)));
  }

 private:
  Path place_;
  NewFolders folders_;
  Path beside_;
  bool taken_ = false;
};

}  // namespace

void fill_store(const Path& place, const std::function<void(Store&)>& fill) {
  if (!std::filesystem::exists(place)) {
    NewStore made(place);
    {
      Store store = Store::open(made.path());
      fill(store);
      // From its log, which stays behind. Closing would do so, too, but not say that it failed.
      store.database().run("PRAGMA wal_checkpoint(TRUNCATE)");
    }
    if (made.take_place()) return;
  }
  Store store = Store::open(place);
  fill(store);
}

}  // namespace e2lm
