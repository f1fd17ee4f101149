#include "harness/hub/fetch.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <map>
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

// A failure that ends a fetch, and what it leaves undone.
std::string with_the_rest(const std::string& failure, int64_t count, const char* noun) {
  return count == 0 ? failure : fmt::format("{}; {} more {} not fetched", failure, count, noun);
}

// Equal failures once, with their number.
std::vector<std::string> told_once(const std::vector<std::string>& failures, const char* noun) {
  std::vector<std::string> told;
  for (auto it = failures.begin(); it != failures.end(); ++it) {
    if (std::find(failures.begin(), it, *it) != it) continue;
    const auto count = std::count(it, failures.end(), *it);
    told.push_back(count == 1 ? *it : fmt::format("{} {}: {}", count, noun, *it));
  }
  return told;
}

// The files of one fetch, given out to several threads. Files of equal bytes go to one thread: two
// would wait for each other as for another program.
class FetchWork {
 public:
  FetchWork(const Fetcher& fetcher, const std::vector<WantedFile>& files, bool quiet)
      : fetcher_(fetcher), files_(files), progress_(bytes_of(files), quiet) {
    std::map<Path, size_t> known;
    for (const WantedFile& file : files) {
      const Path blob = fetcher.cache().blob(file.repo, file.file.hash);
      const auto [equal, is_new] = known.emplace(blob, equal_files_.size());
      if (is_new) equal_files_.emplace_back();
      equal_files_[equal->second].push_back(&file);
    }
  }

  // For each of the threads.
  void run() {
    for (size_t i = next_++; i < equal_files_.size(); i = next_++) {
      for (const WantedFile* file : equal_files_[i]) {
        if (!ended_) bring(*file);
      }
    }
  }

  // Once the threads have ended. Throws Interrupted.
  FetchSummary summary() {
    if (interrupted_) throw Interrupted();
    if (unreachable_.empty()) return summary_;
    const auto tried = summary_.files + std::ssize(summary_.failures) + 1;
    summary_.failures.push_back(with_the_rest(unreachable_, std::ssize(files_) - tried, "files"));
    for (const WantedFile& file : files_) {
      const Path path = fetcher_.path_of(file);
      if (!fs::exists(path)) summary_.absent.emplace(path, unreachable_);
    }
    return summary_;
  }

 private:
  static int64_t bytes_of(const std::vector<WantedFile>& files) {
    int64_t bytes = 0;
    for (const WantedFile& file : files) bytes += file.file.bytes;
    return bytes;
  }

  void bring(const WantedFile& file) {
    try {
      progress_.at(fmt::format("{}/{}", file.repo, file.file.path));
      const bool downloaded = fetcher_.fetch_file(
          file, [&](int64_t bytes) { progress_.advance(bytes); },
          [&](const std::string& line) { progress_.note(line); });
      const std::lock_guard lock(mutex_);
      ++summary_.files;
      if (downloaded) summary_.bytes += file.file.bytes;
    } catch (const Interrupted&) {
      interrupted_ = ended_ = true;
    } catch (const HubUnreachable& error) {
      const std::lock_guard lock(mutex_);
      unreachable_ = error.what();
      ended_ = true;
    } catch (const std::exception& error) {  // of a thread: nobody else would
      const std::lock_guard lock(mutex_);
      summary_.failures.emplace_back(error.what());
      summary_.absent[fetcher_.path_of(file)] = error.what();
    }
  }

  const Fetcher& fetcher_;
  const std::vector<WantedFile>& files_;
  std::vector<std::vector<const WantedFile*>> equal_files_;
  SharedProgress progress_;
  std::atomic<size_t> next_ = 0;
  std::atomic<bool> ended_ = false, interrupted_ = false;
  std::mutex mutex_;  // of what follows
  FetchSummary summary_;
  std::string unreachable_;
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
    if (!counted.insert(blob).second) continue;
    const int64_t here = cache_.blob_bytes(file.repo, file.file.hash);
    bytes += std::max<int64_t>(0, file.file.bytes - here);
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

Path Fetcher::path_of(const WantedFile& wanted) const {
  return cache_.snapshot(wanted.repo, wanted.commit) / wanted.file.path;
}

bool Fetcher::fetch_file(const WantedFile& wanted, const std::function<void(int64_t)>& advance,
                         const std::function<void(const std::string&)>& note) const {
  const auto& [repo, commit, file] = wanted;
  if (fs::exists(path_of(wanted))) return false;
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
      throw_hub_error(failure, fmt::format("{}@{}/{}", repo, commit.substr(0, 12), file.path),
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
  for (const WantedFile& file : wanted) {
    const Path path = path_of(file);
    if (!fs::exists(path) && seen.insert(path).second) missing.push_back(file);
  }
  check_room(missing_bytes(missing));
  FetchWork work(*this, missing, options_.quiet);
  {
    std::vector<std::jthread> threads;
    const auto count = std::min<size_t>(std::max(1, options_.jobs), missing.size());
    for (size_t i = 0; i < count; ++i) threads.emplace_back([&] { work.run(); });
  }
  return work.summary();
}

bool Fetcher::is_here_offline(const HubPlace& place) const {
  return hub_.settings().offline && is_complete_checkpoint(cache_.folder(place));
}

int64_t Fetcher::count_missing(const std::set<HubPlace>& places) const {
  return std::count_if(places.begin(), places.end(), [&](const HubPlace& place) {
    return !is_complete_checkpoint(cache_.folder(place));
  });
}

FetchSummary Fetcher::fetch_checkpoints(const std::vector<HubPlace>& places) {
  std::vector<WantedFile> wanted;
  FetchSummary listed;
  std::set<std::pair<std::string, std::string>> refs;
  std::set<HubPlace> rest(places.begin(), places.end());  // that have not failed
  for (const HubPlace& place : places) {
    if (options_.stop && options_.stop()) throw Interrupted();
    if (is_here_offline(place)) continue;
    try {
      for (WantedFile& file : files(place, listed)) {
        refs.insert({place.repo, place.revision});
        wanted.push_back(std::move(file));
      }
    } catch (const HubUnreachable& error) {
      rest.erase(place);
      listed.failures = told_once(listed.failures, "checkpoints");
      listed.failures.push_back(with_the_rest(error.what(), count_missing(rest), "checkpoints"));
      return listed;
    } catch (const Error& error) {
      rest.erase(place);
      listed.failures.emplace_back(error.what());
    }
  }
  for (const auto& [repo, revision] : refs) {
    cache_.write_ref(repo, revision, hub_.list(repo, revision).commit);
  }
  FetchSummary summary = fetch(wanted);
  summary.files += listed.files;
  summary.bytes += listed.bytes;
  const auto told = told_once(listed.failures, "checkpoints");
  summary.failures = told_once(summary.failures, "files");
  summary.failures.insert(summary.failures.begin(), told.begin(), told.end());
  return summary;
}

}  // namespace e2lm
