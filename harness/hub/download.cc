#include "harness/hub/download.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <optional>
#include <vector>

#include "base/error.h"
#include "harness/http/url.h"
#include "harness/hub/blob_hash.h"
#include "harness/interrupted.h"

namespace e2lm {
namespace {

constexpr size_t kPieceBytes = 1 << 20;
constexpr int kWrongBytesTries = 2;  // what is wrong twice is not a matter of the line

// The entity tag between its quotes, of a weak one too.
std::string plain_tag(std::string tag) {
  if (tag.starts_with("W/")) tag.erase(0, 2);
  std::erase(tag, '"');
  return tag;
}

class Download {
 public:
  Download(const HttpClient& client, const DownloadTarget& target,
           const std::function<void(int64_t)>& advance)
      : client_(client), target_(target), advance_(advance), incomplete_(begun_file(target.file)) {}
  ~Download() {
    if (fd_ >= 0) ::close(fd_);
  }
  Download(const Download&) = delete;
  Download& operator=(const Download&) = delete;

  void run() {
    open();
    Backoff backoff(client_.options().retry, client_.options().stop);
    for (;;) {
      try {
        if (have_ < target_.bytes || target_.bytes == 0) request();
        if (finish()) return;
        backoff.wait_after(wrong_bytes());
      } catch (const HttpError& failure) {
        if (progressed_) backoff.reset();
        progressed_ = false;
        if (failure.response.status == 416) restart();
        if (failure.response.status == 416 && tries_at_start_++ < kWrongBytesTries) continue;
        backoff.wait_after(failure);
      }
    }
  }

 private:
  [[noreturn]] void fail(const char* doing) const {
    throw Error(incomplete_.string(), fmt::format("cannot {}: {}", doing, std::strerror(errno)));
  }

  HttpError broken(std::string_view what) const {
    return {HttpError::Kind::connection, shown_url(target_.url), what};
  }

  HttpError wrong_bytes() const {
    return broken(fmt::format("the bytes do not have the hash {}", target_.hash));
  }

  // What an earlier program left is taken over; the hash at the end says whether it was right.
  void open() {
    fd_ = ::open(incomplete_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (fd_ < 0) fail("write");
    struct stat status = {};
    if (::fstat(fd_, &status) != 0) fail("read");
    hash_.emplace(target_.hash.size(), target_.bytes);
    if (status.st_size > target_.bytes) return restart();
    std::vector<char> piece(kPieceBytes);
    while (have_ < status.st_size) {
      const ssize_t count = ::pread(fd_, piece.data(), piece.size(), have_);
      if (count <= 0) fail("read");
      if (client_.options().stop && client_.options().stop()) throw Interrupted();
      hash_->add({piece.data(), static_cast<size_t>(count)});
      have_ += count;
    }
    advance_(have_);
  }

  void restart() {
    if (::ftruncate(fd_, 0) != 0) fail("write");
    advance_(-have_);
    have_ = 0;
    hash_.emplace(target_.hash.size(), target_.bytes);
  }

  void request() {
    HttpRequest request{.url = target_.url, .secrets = target_.secrets};
    if (have_ > 0) {
      request.range_from = have_;
      if (!tag_.empty()) request.headers.push_back({"If-Range", tag_});
    }
    request.on_head = [this](const HttpResponse& head) { begin(head); };
    request.sink = [this](std::string_view piece) { take(piece); };
    client_.send_once(request);
    if (have_ < target_.bytes) {
      throw broken(fmt::format("ended after {} of {} bytes", have_, target_.bytes));
    }
  }

  // Before the first byte: are these the bytes that were asked for, from where?
  void begin(const HttpResponse& head) {
    const std::string linked = plain_tag(head.first_header("x-linked-etag"));
    const std::string commit = head.first_header("x-repo-commit");
    const bool other_commit =
        !target_.commit.empty() && !commit.empty() && commit != target_.commit;
    if (other_commit || (!linked.empty() && linked != target_.hash)) {
      throw Error(shown_url(target_.url), "is another file by now than the hub's list said",
                  "to be asked again");
    }
    const std::string packing = head.header("content-encoding");
    if (!packing.empty() && packing != "identity") {
      throw Error(shown_url(target_.url),
                  fmt::format("the server sends it packed ({}), unasked", packing.substr(0, 60)),
                  "its bytes as they are");
    }
    int64_t from = 0;
    if (head.status == 206) {
      const std::string range = head.header("content-range");
      int64_t last = 0, total = 0;
      const int read = std::sscanf(range.c_str(), "bytes %ld-%ld/%ld", &from, &last, &total);
      if (read < 2 || from != have_ || (read == 3 && total != target_.bytes)) {
        restart();
        throw broken(fmt::format("sent another part of the file: '{}'", range.substr(0, 60)));
      }
    } else if (have_ > 0) {
      restart();  // the server sends the whole file again
    }
    tag_ = head.header("etag");
    if (tag_.starts_with("W/")) tag_.clear();
  }

  void take(std::string_view piece) {
    if (have_ + static_cast<int64_t>(piece.size()) > target_.bytes) {
      restart();
      throw broken(fmt::format("sends more than the {} bytes of the file", target_.bytes));
    }
    for (size_t done = 0; done < piece.size();) {
      const ssize_t count = ::pwrite(fd_, piece.data() + done, piece.size() - done,
                                     have_ + static_cast<int64_t>(done));
      if (count < 0 && errno == EINTR) continue;
      if (count <= 0) fail("write");
      done += static_cast<size_t>(count);
    }
    hash_->add(piece);
    have_ += static_cast<int64_t>(piece.size());
    if (have_ > furthest_) progressed_ = true;
    furthest_ = std::max(furthest_, have_);
    advance_(static_cast<int64_t>(piece.size()));
  }

  // False if the bytes were wrong and another try may help.
  bool finish() {
    const std::string found = hash_->hex();
    if (found != target_.hash) {
      restart();
      if (++wrong_ >= kWrongBytesTries) {
        ::unlink(incomplete_.c_str());
        throw Error(shown_url(target_.url), "the server sends other bytes: hash " + found,
                    target_.hash);
      }
      return false;
    }
    if (::fsync(fd_) != 0 && errno != EINVAL) fail("write");
    if (::rename(incomplete_.c_str(), target_.file.c_str()) != 0) fail("rename");
    return true;
  }

  const HttpClient& client_;
  const DownloadTarget& target_;
  const std::function<void(int64_t)>& advance_;
  Path incomplete_;
  int fd_ = -1;
  int64_t have_ = 0, furthest_ = 0;
  std::optional<BlobHash> hash_;  // of the first have_ bytes
  std::string tag_;               // of the file at the server that sends it
  bool progressed_ = false;
  int wrong_ = 0, tries_at_start_ = 0;
};

}  // namespace

Path begun_file(const Path& file) {
  return file.string() + ".incomplete";
}

void download(const HttpClient& client, const DownloadTarget& target,
              const std::function<void(int64_t bytes)>& advance) {
  std::error_code failed;
  std::filesystem::create_directories(target.file.parent_path(), failed);
  if (failed) {
    throw Error(target.file.parent_path().string(), "cannot make the folder: " + failed.message());
  }
  Download(client, target, advance).run();
}

}  // namespace e2lm
