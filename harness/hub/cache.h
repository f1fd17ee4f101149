#pragma once

#include <functional>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "base/file.h"
#include "harness/hub/place.h"

namespace e2lm {

// The hub's cache on this disk, in the layout of the huggingface_hub library, which finds what is
// fetched here, as we find what it has fetched:
//
//   models--ORG--NAME/blobs/HASH             a file's bytes, under the hub's own hash of them
//   models--ORG--NAME/blobs/HASH.incomplete  the first part of them
//   models--ORG--NAME/refs/REVISION          the commit a branch or tag stood for
//   models--ORG--NAME/snapshots/COMMIT/PATH  a link to the blob: what users open
//   .locks/models--ORG--NAME/HASH.lock       held by whoever downloads or removes the blob
//   .locks/models--ORG--NAME/HASH.use        shared by the streams that use a snapshot's file
//
// and datasets--ORG--NAME for the repositories of data sets.
//
// Rule for damage: a blob gets its name only when all its bytes are there and have the hash. Refs
// and links are made as NAME.PID.part and NAME.e2lm.part and renamed, under a lock; what a killed
// program left of that goes with the next fetch of the same.
class HubCache {
 public:
  explicit HubCache(Path root) : root_(std::move(root)) {}

  const Path& root() const { return root_; }
  Path repo_folder(const std::string& repo) const;
  Path blob(const std::string& repo, const std::string& hash) const;
  // How many bytes of it are there, all or a first part.
  int64_t blob_bytes(const std::string& repo, const std::string& hash) const;
  Path snapshot(const std::string& repo, const std::string& commit) const;

  // The commit a revision stood for when it was last fetched; a full commit is itself.
  std::optional<std::string> commit(const std::string& repo, const std::string& revision) const;
  void write_ref(const std::string& repo, const std::string& revision,
                 const std::string& commit) const;

  // Where a checkpoint is, or would be if it was fetched; see is_complete.
  Path folder(const HubPlace& place) const;

  // Makes snapshots/COMMIT/path a link to the blob. Returns whether it was not there before.
  // REQUIRES: the blob's lock is held.
  bool link(const std::string& repo, const std::string& commit, const std::string& path,
            const std::string& hash) const;

  // Removes a file of a snapshot, not its blob.
  void remove_link(const std::string& repo, const std::string& commit,
                   const std::string& path) const;
  // Removes a blob, or what came of it so far, unless a file of some snapshot is it. Returns
  // whether it is gone.
  bool remove_blob(const std::string& repo, const std::string& hash) const;

  // Held while it lives. `stop` is asked while waiting for another program's lock, `waits` told.
  class Lock {
   public:
    Lock(const Path& file, const std::function<bool()>& stop, const std::function<void()>& waits);
    ~Lock();
    Lock(const Lock&) = delete;
    Lock& operator=(const Lock&) = delete;

   private:
    int fd_ = -1;
  };
  Path lock_file(const std::string& repo, const std::string& hash) const;

  // Shared by all that use a file of a snapshot which one of them may remove.
  class Use {
   public:
    explicit Use(const Path& file);
    Use(Use&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
    Use& operator=(Use&&) = delete;
    ~Use();

    // Whether nobody else uses it; nobody begins to, then, while this lives.
    bool become_alone();

   private:
    int fd_ = -1;
  };
  Path use_file(const std::string& repo, const std::string& commit, const std::string& path) const;

 private:
  Path root_;
};

bool is_commit(std::string_view text);  // 40 hexadecimal digits

// Names of the files in a checkpoint's folder that determine its scores, whether they are there or
// not: configuration and weights.
std::set<std::string> scored_files(const Path& folder);

// The first file that a checkpoint's folder lacks of its configuration and weights: those that
// their index names, if they are several. None if all are there.
std::optional<std::string> missing_file(const Path& folder);
bool is_complete_checkpoint(const Path& folder);

// What determines a checkpoint's scores, in the hub's hashes of its files; two folders with the
// same are equal. None if the folder is no complete one of the cache.
std::optional<std::string> content_of_folder(const Path& folder);

}  // namespace e2lm
