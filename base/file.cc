#include "base/file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "base/error.h"
#include "base/part_file.h"

namespace e2lm {
namespace {

// A file descriptor that closes itself.
class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;

  int get() const { return fd_; }
  int release() { return std::exchange(fd_, -1); }

 private:
  int fd_;
};

Error system_error(const Path& path, std::string_view doing) {
  return Error(path.string(), fmt::format("cannot {}: {}", doing, std::strerror(errno)));
}

struct stat open_regular(const Path& path, int fd) {
  struct stat status = {};
  if (fd < 0 || ::fstat(fd, &status) != 0) throw system_error(path, "open");
  if (!S_ISREG(status.st_mode)) throw Error(path.string(), "is not a regular file");
  return status;
}

int64_t modified_ns(const struct stat& status) {
  return int64_t{status.st_mtim.tv_sec} * 1'000'000'000 + status.st_mtim.tv_nsec;
}

void write_all(const Path& path, int fd, std::string_view content) {
  while (!content.empty()) {
    const ssize_t written = ::write(fd, content.data(), content.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) throw system_error(path, "write");
    content.remove_prefix(static_cast<size_t>(written));
  }
}

}  // namespace

MappedFile::MappedFile(const Path& path) : path_(path) {
  // Without waiting for a pipe's other end: a pipe is refused.
  Descriptor fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  const struct stat status = open_regular(path, fd.get());
  const auto size = static_cast<size_t>(status.st_size);
  if (size > 0) {
    void* data = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, fd.get(), 0);
    if (data == MAP_FAILED) throw system_error(path, "map");
    bytes_ = {static_cast<const std::byte*>(data), size};
    guard_ = MappingGuard(bytes_);
  }
  modified_ns_ = modified_ns(status);
  fd_ = fd.release();
}

MappedFile::~MappedFile() {
  guard_ = MappingGuard();
  if (!bytes_.empty()) ::munmap(const_cast<std::byte*>(bytes_.data()), bytes_.size());
  if (fd_ >= 0) ::close(fd_);
}

void MappedFile::release_pages() const {
  if (bytes_.empty()) return;
  ::madvise(const_cast<std::byte*>(bytes_.data()), bytes_.size(), MADV_DONTNEED);
}

void MappedFile::check_unchanged() const {
  struct stat now = {};
  if (::fstat(fd_, &now) != 0) throw system_error(path_, "read");
  constexpr const char* kExpected = "a file that nothing writes to meanwhile";
  if (static_cast<size_t>(now.st_size) != bytes_.size()) {
    throw Error(path_.string(),
                fmt::format("had {} bytes and now has {}: it was changed while it was read",
                            bytes_.size(), now.st_size),
                kExpected);
  }
  if (modified_ns(now) != modified_ns_) {
    throw Error(path_.string(), "was changed while it was read", kExpected);
  }
  if (guard_.lost_pages()) throw Error(path_.string(), "cannot be read: its disk fails");
}

MappedFile::MappedFile(MappedFile&& other) noexcept
    : path_(std::move(other.path_)),
      fd_(std::exchange(other.fd_, -1)),
      modified_ns_(other.modified_ns_),
      bytes_(std::exchange(other.bytes_, {})),
      guard_(std::move(other.guard_)) {}

MappedFile& MappedFile::operator=(MappedFile&& other) noexcept {
  std::swap(path_, other.path_);
  std::swap(fd_, other.fd_);
  std::swap(modified_ns_, other.modified_ns_);
  std::swap(bytes_, other.bytes_);
  std::swap(guard_, other.guard_);
  return *this;
}

std::string read_file(const Path& path) {
  const MappedFile file(path);
  std::string text(reinterpret_cast<const char*>(file.bytes().data()), file.bytes().size());
  file.check_unchanged();
  return text;
}

namespace {

// A device or a pipe, or a name in /dev that stands for the program's own output.
bool is_special(const Path& path) {
  std::error_code none;
  const auto status = std::filesystem::status(path, none);
  if (!std::filesystem::exists(status) || std::filesystem::is_directory(status)) return false;
  return !std::filesystem::is_regular_file(status) ||
         (path.parent_path() == "/dev" && std::filesystem::is_symlink(path, none));
}

// Where a link leads, there or not: what it stands for is to change, not the link.
Path behind_links(Path path) {
  constexpr int kMostLinks = 40;  // as the system follows
  std::error_code none;
  for (int links = 0; links < kMostLinks && std::filesystem::is_symlink(path, none); ++links) {
    path = path.parent_path() / std::filesystem::read_symlink(path, none);
  }
  return path;
}

}  // namespace

void write_file(const Path& path, std::string_view content) {
  if (is_special(path)) {
    const Descriptor fd(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
    if (fd.get() < 0) throw system_error(path, "write");
    return write_all(path, fd.get(), content);
  }
  const Path place = behind_links(path);
  const PartFile part = make_part_file(place);
  Descriptor fd(part.fd);
  try {
    write_all(path, fd.get(), content);
    // A full disk may show only when the data is flushed or the file closed.
    if (::fsync(fd.get()) != 0 && errno != EINVAL) throw system_error(path, "write");
    if (::close(fd.release()) != 0) throw system_error(path, "write");
    if (::rename(part.path.c_str(), place.c_str()) != 0) throw system_error(path, "write");
  } catch (...) {
    ::unlink(part.path.c_str());
    throw;
  }
}

void check_can_write(const Path& path) {
  if (is_special(path)) return;
  if (std::filesystem::is_directory(path)) throw Error(path.string(), "is a folder", "a file");
  const PartFile part = make_part_file(behind_links(path));
  ::close(part.fd);
  ::unlink(part.path.c_str());
}

bool is_seen(const Path& path) {
  std::error_code refused;
  return std::filesystem::exists(path, refused);
}

std::vector<Path> list_folder(const Path& folder) {
  std::error_code code;
  std::vector<Path> entries;
  std::filesystem::directory_iterator entry(folder, code);
  for (; !code && entry != end(entry); entry.increment(code)) entries.push_back(entry->path());
  if (code) throw Error(folder.string(), "cannot list the folder: " + code.message());
  std::sort(entries.begin(), entries.end());
  return entries;
}

}  // namespace e2lm
