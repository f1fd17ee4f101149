#include "harness/hub/cache.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <map>
#include <set>
#include <thread>
#include <vector>

#include "base/error.h"
#include "base/hash.h"
#include "base/json.h"
#include "base/text.h"
#include "engine/checkpoint.h"
#include "harness/hub/download.h"
#include "harness/hub/listing.h"
#include "harness/interrupted.h"

namespace e2lm {
namespace {

namespace fs = std::filesystem;

std::string folder_name(const std::string& repo) {
  std::string name = repo.starts_with(kDatasets) ? repo : "models/" + repo;
  for (size_t slash = name.find('/'); slash != std::string::npos; slash = name.find('/', slash)) {
    name.replace(slash, 1, "--");
  }
  return name;
}

void make_folder(const Path& folder) {
  std::error_code failed;
  fs::create_directories(folder, failed);
  if (failed) throw Error(folder.string(), "cannot make the folder: " + failed.message());
}

// What write_file makes of a ref before it has its name. Whoever holds the refs' lock knows that
// these were left by programs that were killed.
std::vector<Path> part_files(const Path& ref) {
  constexpr std::string_view kEnding = ".part";
  const std::string start = ref.filename().string() + ".";
  std::vector<Path> found;
  if (!fs::is_directory(ref.parent_path())) return found;
  for (const Path& path : list_folder(ref.parent_path())) {
    const std::string file = path.filename();
    std::string_view name = file;
    if (!name.starts_with(start) || !name.ends_with(kEnding)) continue;
    name.remove_prefix(start.size());
    if (name.size() <= kEnding.size()) continue;
    name.remove_suffix(kEnding.size());
    if (name.find_first_not_of("0123456789") == std::string_view::npos) found.push_back(path);
  }
  return found;
}

// Whether a link within a repository's snapshots leads to the blob.
bool is_linked(const Path& snapshots, const Path& blob) {
  std::error_code failed;
  for (auto it = fs::recursive_directory_iterator(snapshots, failed);
       !failed && it != fs::recursive_directory_iterator(); it.increment(failed)) {
    std::error_code gone;
    if (fs::read_symlink(it->path(), gone).filename() == blob.filename() && !gone) return true;
  }
  return false;
}

}  // namespace

Path HubCache::repo_folder(const std::string& repo) const {
  return root_ / folder_name(repo);
}

Path HubCache::blob(const std::string& repo, const std::string& hash) const {
  return repo_folder(repo) / "blobs" / hash;
}

int64_t HubCache::blob_bytes(const std::string& repo, const std::string& hash) const {
  const Path whole = blob(repo, hash);
  for (const Path& file : {whole, begun_file(whole)}) {
    std::error_code absent;
    const auto bytes = fs::file_size(file, absent);
    if (!absent) return static_cast<int64_t>(bytes);
  }
  return 0;
}

Path HubCache::snapshot(const std::string& repo, const std::string& commit) const {
  return repo_folder(repo) / "snapshots" / commit;
}

Path HubCache::lock_file(const std::string& repo, const std::string& hash) const {
  return root_ / ".locks" / folder_name(repo) / (hash + ".lock");
}

std::optional<std::string> HubCache::commit(const std::string& repo,
                                            const std::string& revision) const {
  if (is_commit(revision)) return revision;
  const Path ref = repo_folder(repo) / "refs" / revision;
  if (!fs::is_regular_file(ref)) return {};
  std::string commit(trim(read_file(ref)));
  if (!is_commit(commit)) return {};
  return commit;
}

void HubCache::write_ref(const std::string& repo, const std::string& revision,
                         const std::string& commit) const {
  if (is_commit(revision)) return;
  const Path ref = repo_folder(repo) / "refs" / revision;
  if (this->commit(repo, revision) == commit && part_files(ref).empty()) return;
  const Lock lock(lock_file(repo, "refs"), {}, {});
  std::error_code gone;
  for (const Path& part : part_files(ref)) fs::remove(part, gone);
  if (this->commit(repo, revision) != commit) write_file(ref, commit);
}

Path HubCache::folder(const HubPlace& place) const {
  const Path top =
      snapshot(place.repo, commit(place.repo, place.revision).value_or(place.revision));
  return place.subfolder.empty() ? top : top / place.subfolder;
}

bool HubCache::link(const std::string& repo, const std::string& commit, const std::string& path,
                    const std::string& hash) const {
  const Path pointer = snapshot(repo, commit) / path;
  if (fs::exists(pointer)) return false;
  make_folder(pointer.parent_path());
  const Path target = blob(repo, hash).lexically_relative(pointer.parent_path());
  const Path beside = pointer.string() + ".e2lm.part";  // of whoever holds the lock
  std::error_code failed;
  fs::remove(beside, failed);  // left by one that was killed
  fs::create_symlink(target, beside, failed);
  if (failed) fs::create_hard_link(blob(repo, hash), beside, failed);  // a disk without links
  if (!failed) fs::rename(beside, pointer, failed);
  if (failed) throw Error(pointer.string(), "cannot make the link: " + failed.message());
  return true;
}

void HubCache::remove_link(const std::string& repo, const std::string& commit,
                           const std::string& path) const {
  std::error_code absent;
  fs::remove(snapshot(repo, commit) / path, absent);
}

bool HubCache::remove_blob(const std::string& repo, const std::string& hash) const {
  const Lock lock(lock_file(repo, hash), {}, {});
  const Path file = blob(repo, hash);
  if (is_linked(repo_folder(repo) / "snapshots", file)) return false;
  std::error_code failed, begun;
  fs::remove(file, failed);
  fs::remove(begun_file(file), begun);
  return !failed && !begun;
}

HubCache::Lock::Lock(const Path& file, const std::function<bool()>& stop,
                     const std::function<void()>& waits) {
  make_folder(file.parent_path());
  fd_ = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
  if (fd_ < 0) throw Error(file.string(), fmt::format("cannot open: {}", std::strerror(errno)));
  bool told = false;
  while (::flock(fd_, LOCK_EX | LOCK_NB) != 0) {
    const int why = errno;
    const bool asked_to_stop = stop && stop();
    if ((why == EWOULDBLOCK || why == EINTR) && !asked_to_stop) {
      if (!told && waits) waits();
      told = true;
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
      continue;
    }
    ::close(fd_);
    if (asked_to_stop) throw Interrupted();
    throw Error(file.string(), fmt::format("cannot be locked: {}", std::strerror(why)),
                "a disk with file locks in HF_HUB_CACHE");
  }
}

HubCache::Lock::~Lock() {
  ::close(fd_);
}

Path HubCache::use_file(const std::string& repo, const std::string& commit,
                        const std::string& path) const {
  return root_ / ".locks" / folder_name(repo) / (sha256_hex(commit + "/" + path) + ".use");
}

// Whoever is alone is so for a moment.
HubCache::Use::Use(const Path& file) {
  make_folder(file.parent_path());
  fd_ = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
  if (fd_ < 0) throw Error(file.string(), fmt::format("cannot open: {}", std::strerror(errno)));
  while (::flock(fd_, LOCK_SH) != 0 && errno == EINTR) continue;
}

HubCache::Use::~Use() {
  if (fd_ >= 0) ::close(fd_);
}

bool HubCache::Use::become_alone() {
  return ::flock(fd_, LOCK_EX | LOCK_NB) == 0;
}

bool is_commit(std::string_view text) {
  return text.size() == 40 && text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

std::set<std::string> scored_files(const Path& folder) {
  const bool several = !is_seen(folder / kWeightsFile) && is_seen(folder / kWeightsIndex);
  if (!several) return {"config.json", kWeightsFile};
  std::set<std::string> names = {"config.json", kWeightsIndex};
  const Json index = Json::parse(read_file(folder / kWeightsIndex), nullptr, false);
  if (!index.is_object() || !index.contains("weight_map") || !index["weight_map"].is_object()) {
    return names;  // whoever opens it says what is wrong
  }
  for (const Json& file : index["weight_map"]) {
    if (file.is_string()) names.insert(file.get<std::string>());
  }
  return names;
}

std::optional<std::string> missing_file(const Path& folder) {
  for (const std::string& name : scored_files(folder)) {
    std::error_code absent;  // or a name that no file can have
    if (!fs::exists(folder / name, absent)) return name;
  }
  return {};
}

bool is_complete_checkpoint(const Path& folder) {
  return !missing_file(folder);
}

std::optional<std::string> content_of_folder(const Path& folder) {
  if (!is_complete_checkpoint(folder)) return {};
  std::map<std::string, std::string> hashes;
  for (const std::string& name : scored_files(folder)) {
    if (!fs::is_symlink(folder / name)) return {};
    const Path target = fs::read_symlink(folder / name);
    if (target.parent_path().filename() != "blobs") return {};
    hashes[name] = target.filename();
  }
  return content_key(hashes);
}

}  // namespace e2lm
