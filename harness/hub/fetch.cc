#include "harness/hub/fetch.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <mutex>
#include <set>
#include <thread>
#include <utility>

#include "base/error.h"
#include "base/memory.h"
#include "base/progress.h"
#include "harness/hub/download.h"
#include "harness/interrupted.h"

namespace e2lm {
namespace {

namespace fs = std::filesystem;

// Progress in a unit that suits the size, told by several threads.
class SharedProgress {
 public:
  SharedProgress(int64_t bytes, bool quiet)
      : unit_bytes_(bytes < (10 << 20) ? 1 << 10 : 1 << 20),
        progress_(unit_bytes_ == 1 << 10 ? "KiB" : "MiB", bytes / unit_bytes_,
                  quiet || bytes == 0) {}

  void advance(int64_t bytes) {
    const std::lock_guard lock(mutex_);
    bytes_ += bytes;
    const int64_t units = bytes_ / unit_bytes_ - shown_;
    shown_ += units;
    progress_.advance(units);
  }
  void at(const std::string& what) {
    const std::lock_guard lock(mutex_);
    progress_.at(what);
  }
  void note(const std::string& line) {
    const std::lock_guard lock(mutex_);
    progress_.note(line);
  }

 private:
  std::mutex mutex_;
  int64_t unit_bytes_;
  int64_t bytes_ = 0, shown_ = 0;
  Progress progress_;
};

// A place to stand on if the folder is not there yet.
Path existing_part(Path folder) {
  while (!fs::exists(folder) && folder.has_relative_path()) folder = folder.parent_path();
  return folder.empty() ? Path(".") : folder;
}

}  // namespace

Fetcher::Fetcher(Hub& hub, FetchOptions options)
    : hub_(hub), cache_(fs::absolute(hub.settings().cache)), options_(std::move(options)) {}

std::vector<WantedFile> Fetcher::files(const HubPlace& place) {
  FetchSummary unsaid;
  return files(place, unsaid);
}

std::vector<WantedFile> Fetcher::files(const HubPlace& place, FetchSummary& summary) {
  const HubListing& listing = hub_.list(place.repo, place.revision);
  const auto read = [&](const HubFile& index) {
    const Path path = cache_.snapshot(place.repo, listing.commit) / index.path;
    if (!fs::exists(path)) {
      ++summary.files;
      const auto unsaid = [](int64_t) {};
      if (fetch_file({place.repo, listing.commit, index}, unsaid, {})) summary.bytes += index.bytes;
    }
    return read_file(path);
  };
  std::vector<WantedFile> wanted;
  for (HubFile& file : listing.checkpoint_files(place.subfolder, read)) {
    wanted.push_back({place.repo, listing.commit, std::move(file)});
  }
  return wanted;
}

int64_t Fetcher::missing_bytes(const std::vector<WantedFile>& wanted) const {
  std::set<Path> counted;
  int64_t bytes = 0;
  for (const WantedFile& file : wanted) {
    const Path blob = cache_.blob(file.repo, file.file.hash);
    if (!fs::exists(blob) && counted.insert(blob).second) bytes += file.file.bytes;
  }
  return bytes;
}

void Fetcher::check_room(int64_t bytes) const {
  std::error_code failed;
  const auto space = fs::space(existing_part(cache_.root()), failed);
  if (failed || static_cast<int64_t>(space.available) >= bytes) return;
  throw Error(cache_.root().string(),
              fmt::format("the disk has {} free and {} are to be fetched",
                          format_bytes(static_cast<int64_t>(space.available)), format_bytes(bytes)),
              "room, HF_HUB_CACHE on a larger disk, or `e2lm sweep --stream`");
}

bool Fetcher::fetch_file(const WantedFile& wanted, const std::function<void(int64_t)>& advance,
                         const std::function<void(const std::string&)>& note) const {
  const auto& [repo, commit, file] = wanted;
  if (fs::exists(cache_.snapshot(repo, commit) / file.path)) return false;
  const Path blob = cache_.blob(repo, file.hash);
  const HubCache::Lock lock(
      cache_.lock_file(repo, file.hash), options_.stop, [&, path = file.path] {
        if (note) note(fmt::format("{}: waiting for another program that downloads it", path));
      });
  const bool needed = !fs::exists(blob);
  if (needed) {
    const DownloadTarget target{.url = hub_.url(repo, commit, file.path),
                                .secrets = hub_.settings().credentials(),
                                .file = blob,
                                .bytes = file.bytes,
                                .hash = file.hash,
                                .commit = commit};
    try {
      download(hub_.client(), target, advance);
    } catch (const HttpError& failure) {
      throw hub_error(failure, fmt::format("{}@{}/{}", repo, commit.substr(0, 12), file.path),
                      hub_.settings());
    }
  } else {
    advance(file.bytes);
  }
  cache_.link(repo, commit, file.path, file.hash);
  return needed;
}

FetchSummary Fetcher::fetch(const std::vector<WantedFile>& wanted) {
  std::vector<WantedFile> missing;
  std::set<Path> seen;
  int64_t total = 0;
  for (const WantedFile& file : wanted) {
    const Path pointer = cache_.snapshot(file.repo, file.commit) / file.file.path;
    if (fs::exists(pointer) || !seen.insert(pointer).second) continue;
    missing.push_back(file);
    total += file.file.bytes;
  }
  check_room(missing_bytes(missing));
  FetchSummary summary;
  SharedProgress progress(total, options_.quiet);
  std::mutex mutex;  // of the summary
  std::atomic<size_t> next = 0;
  std::atomic<bool> stopped = false;
  const auto work = [&] {
    for (size_t i = next++; i < missing.size() && !stopped; i = next++) {
      const WantedFile& file = missing[i];
      try {
        progress.at(fmt::format("{}/{}", file.repo, file.file.path));
        const bool downloaded = fetch_file(
            file, [&](int64_t bytes) { progress.advance(bytes); },
            [&](const std::string& line) { progress.note(line); });
        const std::lock_guard lock(mutex);
        ++summary.files;
        if (downloaded) summary.bytes += file.file.bytes;
      } catch (const Interrupted&) {
        stopped = true;
      } catch (const std::exception& error) {  // of a thread: nobody else would
        const std::lock_guard lock(mutex);
        summary.failures.emplace_back(error.what());
      }
    }
  };
  {
    std::vector<std::jthread> threads;
    const auto count = std::min<size_t>(std::max(1, options_.jobs), missing.size());
    for (size_t i = 0; i < count; ++i) threads.emplace_back(work);
  }
  if (stopped) throw Interrupted();
  return summary;
}

FetchSummary Fetcher::fetch_checkpoints(const std::vector<HubPlace>& places) {
  std::vector<WantedFile> wanted;
  FetchSummary listed;
  std::set<std::pair<std::string, std::string>> refs;
  for (const HubPlace& place : places) {
    if (options_.stop && options_.stop()) throw Interrupted();
    try {
      for (WantedFile& file : files(place, listed)) {
        refs.insert({place.repo, place.revision});
        wanted.push_back(std::move(file));
      }
    } catch (const HttpError&) {
      throw;
    } catch (const Error& error) {
      listed.failures.emplace_back(error.what());
    }
  }
  for (const auto& [repo, revision] : refs) {
    cache_.write_ref(repo, revision, hub_.list(repo, revision).commit);
  }
  FetchSummary summary = fetch(wanted);
  summary.files += listed.files;
  summary.bytes += listed.bytes;
  summary.failures.insert(summary.failures.begin(), listed.failures.begin(), listed.failures.end());
  return summary;
}

}  // namespace e2lm
