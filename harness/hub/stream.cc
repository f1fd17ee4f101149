#include "harness/hub/stream.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include "base/error.h"
#include "base/memory.h"
#include "harness/hub/download.h"
#include "harness/interrupted.h"

namespace e2lm {
namespace {

namespace fs = std::filesystem;

bool is_weights(const WantedFile& file) {
  return file.file.path.ends_with(".safetensors");
}

bool is_configuration(const WantedFile& file) {
  return Path(file.file.path).filename() == "config.json";
}

}  // namespace

HubStream::HubStream(Fetcher& fetcher, StreamOptions options)
    : fetcher_(fetcher), options_(std::move(options)) {
  read_journal();
}

HubStream::~HubStream() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  changed_.notify_all();
}

Path HubStream::pointer(const WantedFile& file) const {
  return fetcher_.path_of(file);
}

Path HubStream::blob(const WantedFile& file) const {
  return fetcher_.cache().blob(file.repo, file.file.hash);
}

std::vector<std::string> HubStream::prepare(Manifest& manifest) {
  std::vector<WantedFile> small;
  for (Series& series : manifest.series) {
    for (CheckpointRef& ref : series.checkpoints) {
      if (!ref.hub || fetcher_.is_here_offline(*ref.hub)) continue;
      try {
        std::vector<WantedFile> files = fetcher_.files(*ref.hub);
        std::vector<HubFile> listed;
        for (const WantedFile& file : files) {
          listed.push_back(file.file);
          if (!is_weights(file)) small.push_back(file);
        }
        ref.content = content_key(listed);
        ref.folder = fetcher_.cache().snapshot(ref.hub->repo, files.front().commit);
        if (!ref.hub->subfolder.empty()) ref.folder /= ref.hub->subfolder;
        fetcher_.cache().write_ref(ref.hub->repo, ref.hub->revision, files.front().commit);
        files_[*ref.hub] = std::move(files);
      } catch (const Error& error) {
        errors_[*ref.hub] = error.what();
      }
    }
  }
  const FetchSummary summary = fetcher_.fetch(small);
  for (const auto& [place, files] : files_) {
    for (const WantedFile& file : files) {
      const auto why = summary.absent.find(pointer(file));
      if (why != summary.absent.end() && is_configuration(file)) errors_[place] = why->second;
    }
  }
  return summary.failures;
}

void HubStream::expect(const std::vector<CheckpointRef>& refs) {
  std::set<std::string> to_come;
  const bool hub_answers = errors_.empty() || !files_.empty();
  for (const CheckpointRef& ref : refs) {
    if (!ref.hub) continue;
    if (!hub_answers) throw Error("", errors_.begin()->second);
    Item item{.place = *ref.hub};
    for (const WantedFile& file : files_[*ref.hub]) {
      if (!is_weights(file)) continue;
      item.weights.push_back(file);
      to_come.insert(pointer(file));
    }
    if (errors_.contains(item.place)) {
      item.state = State::failed;
      item.error = errors_[item.place];
    }
    items_.push_back(std::move(item));
  }
  // Left by a run that was killed, and used up since.
  for (const auto& [place, files] : files_) {
    for (const WantedFile& file : files) {
      if (links_.contains(pointer(file)) && !to_come.contains(pointer(file))) remove(file);
    }
  }
  write_journal();
  downloader_ = std::jthread([this] { download_all(); });
}

int64_t HubStream::bytes_to_come(const Item& item) const {
  int64_t bytes = 0;
  for (const WantedFile& file : item.weights) {
    if (!is_seen(blob(file))) bytes += file.file.bytes;
  }
  return bytes;
}

int64_t HubStream::held_bytes() const {
  int64_t bytes = 0;
  for (const std::string& path : blobs_) {
    std::error_code absent;
    const auto size = fs::file_size(path, absent);
    if (!absent) bytes += static_cast<int64_t>(size);
  }
  return bytes;
}

// One ahead of the sweep, as far as the limit allows.
bool HubStream::may_start(size_t index) const {
  if (index > wanted_ + 1) return false;
  if (index <= wanted_ || options_.disk_bytes == 0) return true;
  return held_bytes() + bytes_to_come(items_[index]) <= options_.disk_bytes;
}

std::optional<size_t> HubStream::next_to_bring() const {
  for (size_t i = 0; i < items_.size(); ++i) {
    if (items_[i].state == State::waiting && may_start(i)) return i;
  }
  return {};
}

void HubStream::download_all() {
  for (;;) {
    std::optional<size_t> index;
    {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [&] { return ending_ || (index = next_to_bring()); });
      if (ending_) return;
    }
    bring(*index);
    changed_.notify_all();
  }
}

HubCache::Use HubStream::use(const WantedFile& file) const {
  return HubCache::Use(fetcher_.cache().use_file(file.repo, file.commit, file.file.path));
}

// Notes what will be brought, so that it is removed whatever happens. False if it is not wanted any
// more.
bool HubStream::announce(Item& item) {
  const std::lock_guard lock(mutex_);
  if (item.state == State::released) return false;
  for (const WantedFile& file : item.weights) item.uses.push_back(use(file));
  const int64_t bytes = held_bytes() + bytes_to_come(item);
  if (options_.disk_bytes > 0 && bytes > options_.disk_bytes) {
    throw Error("", fmt::format("{} needs {} of the disk, --disk allows {}", item.place.name(),
                                format_bytes(bytes), format_bytes(options_.disk_bytes)));
  }
  for (const WantedFile& file : item.weights) {
    if (!fs::exists(pointer(file))) links_.insert(pointer(file));
    if (!fs::exists(blob(file))) blobs_.insert(blob(file));
  }
  write_journal();
  return true;
}

void HubStream::bring(size_t index) {
  std::string error;
  try {
    if (!announce(items_[index])) return;
    const FetchSummary summary = fetcher_.fetch(items_[index].weights);
    if (!summary.failures.empty()) error = summary.failures.front();
  } catch (const Interrupted&) {
    error = "interrupted";
  } catch (const std::exception& failure) {  // of a thread: nobody else would
    error = failure.what();
  }
  const std::lock_guard lock(mutex_);
  Item& item = items_[index];
  if (item.state == State::released) return remove_if_possible(item);  // meanwhile
  item.state = error.empty() ? State::ready : State::failed;
  item.error = error;
}

// The first that was not given back; of those that were, the last.
size_t HubStream::index_of(const CheckpointRef& ref) const {
  std::optional<size_t> released;
  for (size_t i = 0; i < items_.size(); ++i) {
    if (items_[i].place != *ref.hub) continue;
    if (items_[i].state != State::released) return i;
    released = i;
  }
  if (released) return *released;
  throw Error(ref.hub->name(), "is not among the checkpoints that were announced");
}

void HubStream::obtain(const CheckpointRef& ref) {
  if (!ref.hub) return;
  std::unique_lock lock(mutex_);
  const size_t index = index_of(ref);
  Item& item = items_[index];
  wanted_ = std::max(wanted_, index);
  if (item.state == State::released) item.state = State::waiting;  // once more
  changed_.notify_all();
  while (item.state == State::waiting) {
    if (options_.stop && options_.stop()) throw Interrupted();
    changed_.wait_for(lock, std::chrono::milliseconds(100));
  }
  if (item.state == State::ready) return;
  if (options_.stop && options_.stop()) throw Interrupted();
  throw Error("", item.error);
}

void HubStream::release(const CheckpointRef& ref) {
  if (!ref.hub) return;
  {
    const std::lock_guard lock(mutex_);
    Item& item = items_[index_of(ref)];
    const bool failed = std::exchange(item.state, State::released) == State::failed;
    item.uses.clear();
    remove_weights(item, /*with_begun=*/!failed || options_.disk_bytes > 0);
    for (const Item& other : items_) {  // what another program used then
      if (other.state == State::released) remove_weights(other, /*with_begun=*/false);
    }
    write_journal();
  }
  changed_.notify_all();
}

// What came of a file that is not whole may stay for the next sweep, and in the journal.
void HubStream::remove_weights(const Item& item, bool with_begun) {
  for (const WantedFile& file : item.weights) {
    if (with_begun || !fs::exists(begun_file(blob(file)))) remove(file);
  }
}

void HubStream::remove_if_possible(Item& item) {
  item.uses.clear();
  try {
    remove_weights(item, /*with_begun=*/true);
    write_journal();
  } catch (const std::exception&) {
    // On a thread nobody is told; the journal has it, and the next run tries again.
  }
}

// Removes what this stream brought, unless a checkpoint that was not given back needs it, or
// another program's stream.
void HubStream::remove(const WantedFile& file) {
  if (!links_.contains(pointer(file))) return;
  const auto needs = [&](auto same) {
    return std::any_of(items_.begin(), items_.end(), [&](const Item& item) {
      return item.state != State::released &&
             std::any_of(item.weights.begin(), item.weights.end(), same);
    });
  };
  if (needs([&](const WantedFile& other) { return pointer(other) == pointer(file); })) return;
  const bool shared = needs([&](const WantedFile& other) { return blob(other) == blob(file); });
  HubCache::Use its = use(file);
  if (!its.become_alone()) return;
  links_.erase(pointer(file));
  const bool with_blob = !shared && blobs_.contains(blob(file));
  fetcher_.cache().remove_link(file.repo, file.commit, file.file.path);
  if (!with_blob) return;
  fetcher_.cache().remove_blob(file.repo, file.file.hash);
  blobs_.erase(blob(file));
}

void HubStream::read_journal() {
  if (!fs::exists(options_.journal)) return;
  const Json journal = Json::parse(read_file(options_.journal), nullptr, false);
  if (!journal.is_object()) return;
  const auto read = [&](const char* key, std::set<std::string>& paths) {
    if (!journal.contains(key) || !journal[key].is_array()) return;
    for (const Json& path : journal[key]) {
      if (path.is_string()) paths.insert(path.get<std::string>());
    }
  };
  read("links", links_);
  read("blobs", blobs_);
}

void HubStream::write_journal() const {
  if (links_.empty() && blobs_.empty()) {
    std::error_code absent;
    fs::remove(options_.journal, absent);
    return;
  }
  write_file(options_.journal, Json{{"links", links_}, {"blobs", blobs_}}.dump(1) + "\n");
}

}  // namespace e2lm
