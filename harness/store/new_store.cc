#include "harness/store/new_store.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <vector>

namespace e2lm {
namespace {

// What was made for a store goes again, unless the store took its place.
class NewStore {
 public:
  explicit NewStore(const Path& place)
      : place_(place), beside_(place.string() + fmt::format(".{}.part", ::getpid())) {
    for (Path folder = place.parent_path(); !folder.empty() && !is_seen(folder);
         folder = folder.parent_path()) {
      folders_.push_back(folder);
    }
  }
  NewStore(const NewStore&) = delete;
  NewStore& operator=(const NewStore&) = delete;
  ~NewStore() {
    std::error_code ignored;
    for (const char* end : {"", "-wal", "-shm"}) {
      std::filesystem::remove(beside_.string() + end, ignored);
    }
    // Folders that hold something stay.
    for (const Path& folder : folders_) std::filesystem::remove(folder, ignored);
  }

  const Path& path() const { return beside_; }

  // False where another store is there by now. REQUIRES: the store at path() is closed.
  bool take_place() const {
    int result = ::renameat2(AT_FDCWD, beside_.c_str(), AT_FDCWD, place_.c_str(), RENAME_NOREPLACE);
    // Not every file system can refuse to replace.
    if (result != 0 && errno == EINVAL) {
      if (std::filesystem::exists(place_)) return false;
      result = std::rename(beside_.c_str(), place_.c_str());
    }
    if (result == 0) return true;
    if (errno == EEXIST) return false;
    throw StoreError(place_.string(), fmt::format("cannot be written: {}", std::strerror(errno)));
  }

 private:
  Path place_, beside_;
  std::vector<Path> folders_;  // that were not there, innermost first
};

}  // namespace

void fill_store(const Path& place, const std::function<void(Store&)>& fill) {
  if (!std::filesystem::exists(place)) {
    const NewStore made(place);
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
