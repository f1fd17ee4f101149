#include "harness/sweep/weights.h"

#include <fmt/format.h>
#include <openssl/crypto.h>

#include <algorithm>
#include <cstdlib>
#include <ctime>
#include <mutex>

#include "base/error.h"
#include "base/file_stamp.h"
#include "base/hash.h"
#include "base/parallel.h"
#include "base/progress.h"
#include "engine/tokenizer/tokenizer.h"
#include "harness/hub/cache.h"
#include "harness/sweep/evaluate.h"

namespace e2lm {
namespace {

// What would change if one of the files were written again.
struct Stamp {
  std::string text;
  bool settled = true;  // no file is so young that writing it once more could leave its time as is
};

Stamp stamp_of(const std::vector<Path>& files) {
  constexpr int64_t kTickSeconds = 2;  // of the coarsest file systems
  struct timespec now = {};
  ::clock_gettime(CLOCK_REALTIME, &now);
  Stamp stamp;
  for (const Path& path : files) {
    const auto file = file_stamp(path);
    if (!file) throw Error(path.string(), "cannot be read");
    stamp.text += fmt::format("{} {} {}.{:09} {}.{:09} {};", path.filename().string(), file->bytes,
                              file->modified.seconds, file->modified.nanoseconds,
                              file->changed.seconds, file->changed.nanoseconds, file->inode);
    stamp.settled &= std::abs(now.tv_sec - file->modified.seconds) >= kTickSeconds;
  }
  return stamp;
}

Stamp stamp_of(const Path& folder) {
  std::vector<Path> files;
  for (const std::string& name : scored_files(folder)) files.push_back(folder / name);
  return stamp_of(files);
}

std::string find_sha256(const Store& store, const std::string& place, const std::string& stamp) {
  Statement find(store.database(), "SELECT sha256 FROM weights_file WHERE path = ? AND stamp = ?");
  return find.bind(place).bind(stamp).step() ? find.text(0) : "";
}

// Without a stamp it says what was there, and is never taken for what is.
void keep_sha256(Store& store, const std::string& place, const Stamp& stamp,
                 const std::string& sha256) {
  Statement(store.database(), "INSERT OR REPLACE INTO weights_file VALUES (?, ?, ?)")
      .bind(place)
      .bind(stamp.settled ? stamp.text : "")
      .bind(sha256)
      .finish();
}

struct Hashed {
  Stamp stamp;
  std::string sha256;
};

// What lies there now. A stamp of files that changed meanwhile, or gave their places to others, is
// not settled.
Hashed hash(const Path& folder) {
  Stamp stamp = stamp_of(folder);
  std::string sha256 = Checkpoint::open(folder).sha256();
  stamp.settled &= stamp_of(folder).text == stamp.text;
  return {std::move(stamp), std::move(sha256)};
}

std::vector<Path> unknown_of(const Store& store, const std::vector<Path>& folders) {
  std::vector<Path> unknown;
  for (const Path& folder : folders) {
    try {
      const auto [stamp, settled] = stamp_of(folder);
      if (settled && find_sha256(store, place_name(folder), stamp).empty()) {
        unknown.push_back(folder);
      }
    } catch (const StoreError&) {
      throw;
    } catch (const Error&) {
      continue;
    }
  }
  return unknown;
}

// By what the table of files says in a column.
std::optional<KnownWeights> find_weights(const Store& store, const char* column,
                                         const std::string& text) {
  Statement find(store.database(),
                 fmt::format("SELECT w.id, w.dtype FROM weights_file f "
                             "JOIN weights w ON w.sha256 = f.sha256 WHERE f.{} = ?",
                             column));
  if (!find.bind(text).step()) return {};
  for (const DType dtype : {DType::float32, DType::bfloat16, DType::float16}) {
    if (find.text(1) == dtype_name(dtype)) return KnownWeights{find.integer(0), dtype};
  }
  return {};
}

}  // namespace

std::string place_name(const Path& folder) {
  return std::filesystem::absolute(folder).lexically_normal();
}

std::string known_sha256(Store& store, const Path& folder) {
  std::string known = hashed_sha256(store, folder);
  if (!known.empty()) return known;
  auto [stamp, sha256] = hash(folder);
  keep_sha256(store, place_name(folder), stamp, sha256);
  return sha256;
}

std::string hashed_sha256(const Store& store, const Path& folder) {
  return find_sha256(store, place_name(folder), stamp_of(folder).text);
}

std::string known_tokenizer_sha256(Store& store, const Path& path) {
  const std::string place = "tokenizer:" + place_name(path);
  const std::vector<Path> files = tokenizer_files(path);
  Stamp stamp = stamp_of(files);
  std::string known = find_sha256(store, place, stamp.text);
  if (!known.empty()) return known;
  Sha256 hash;
  for (const Path& file : files) {
    hash.add_field(file.filename().string());
    hash.add_field(read_file(file));
  }
  stamp.settled &= stamp_of(files).text == stamp.text;
  std::string sha256 = hash.hex();
  keep_sha256(store, place, stamp, sha256);
  return sha256;
}

void hash_ahead(Store& store, const std::vector<Path>& folders, const HashOptions& options) {
  constexpr int kMostReaders = 4;  // a disk that turns bears few
  const std::vector<Path> unknown = unknown_of(store, folders);
  Progress progress("checkpoints", std::ssize(unknown), options.quiet || unknown.empty());
  progress.at("reading weights for their hash");
  std::mutex one_at_a_time;  // of store and progress
  parallel_for(std::min(options.threads, kMostReaders), std::ssize(unknown), 1,
               [&](int64_t i, int64_t) {
                 if (options.stop && options.stop()) return;
                 try {
                   const auto [stamp, sha256] = hash(unknown[i]);
                   ::OPENSSL_thread_stop();  // else what it keeps for this thread is never freed
                   const std::lock_guard lock(one_at_a_time);
                   keep_sha256(store, place_name(unknown[i]), stamp, sha256);
                   progress.advance(1);
                 } catch (const StoreError&) {
                   throw;
                 } catch (const Error&) {
                   return;
                 }
               });
  if (options.stop && options.stop()) throw Interrupted();
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
  if (ref.content.empty()) return find_weights(store, "path", "hub:" + ref.hub->name());
  return find_weights(store, "stamp", ref.content);
}

std::optional<KnownWeights> weights_of_place(const Store& store, const Path& folder) {
  return find_weights(store, "path", place_name(folder));
}

}  // namespace e2lm
