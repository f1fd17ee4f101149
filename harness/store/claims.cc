#include "harness/store/claims.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "harness/store/store.h"

namespace e2lm {

Claims::Claims(const Path& store) {
  if (store == kInMemory) return;
  path_ = store.string() + ".claims";
  fd_ = ::open(path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
  if (fd_ < 0) {
    throw StoreError(path_.string(), fmt::format("cannot be opened: {}", std::strerror(errno)));
  }
}

Claims::~Claims() {
  if (fd_ >= 0) ::close(fd_);
}

bool Claims::take(int64_t weights) {
  return lock(weights, F_WRLCK);
}

void Claims::give_back(int64_t weights) {
  lock(weights, F_UNLCK);
}

bool Claims::take_stream(int64_t shard) {
  constexpr int64_t kBehindWeights = int64_t{1} << 60;
  return lock(kBehindWeights + shard, F_WRLCK);
}

bool Claims::lock(int64_t weights, int16_t type) {
  if (fd_ < 0) return true;
  struct flock lock = {};
  lock.l_type = type;
  lock.l_start = weights;
  lock.l_len = 1;
  if (::fcntl(fd_, F_OFD_SETLK, &lock) == 0) return true;
  if (errno == EAGAIN || errno == EACCES) return false;
  throw StoreError(path_.string(), fmt::format("cannot be locked: {}", std::strerror(errno)));
}

}  // namespace e2lm
