#include "harness/store/file_system.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "harness/store/sqlite.h"

namespace e2lm {
namespace {

// As `stat -f` numbers them.
constexpr uint32_t kNetworkKinds[] = {
    0x6969,      // NFS
    0x517B,      // SMB
    0xFF534D42,  // CIFS
    0xFE534D42,  // SMB 2 and later
    0x0BD00BD0,  // Lustre
    0x65735546,  // FUSE: sshfs, GlusterFS and many more
    0x01021997,  // 9P
    0x00C36400,  // Ceph
    0x47504653,  // GPFS
    0x19830326,  // BeeGFS
    0x5346414F,  // AFS
    0x7461636F,  // OCFS2
    0x01161970,  // GFS2
};

Path existing(const Path& folder) {
  return folder.empty() ? Path(".") : folder;
}

}  // namespace

void require_locks(const Path& folder) {
  std::string probe = (existing(folder) / ".e2lm-lock-XXXXXX").string();
  const int fd = ::mkostemp(probe.data(), O_CLOEXEC);
  if (fd < 0) return;  // what is wrong with the folder, the store says itself
  struct flock lock = {};
  lock.l_type = F_WRLCK;
  lock.l_len = 1;
  const int code = ::fcntl(fd, F_OFD_SETLK, &lock) == 0 ? 0 : errno;
  ::close(fd);
  ::unlink(probe.c_str());
  if (code == 0) return;
  throw StoreError(
      existing(folder).string(),
      fmt::format("cannot hold a store: its file system has no locks ({})", std::strerror(code)),
      "a folder on another file system, as a local disk");
}

bool is_network_folder(const Path& folder) {
  struct statfs status = {};
  if (::statfs(existing(folder).c_str(), &status) != 0) return false;
  return std::find(std::begin(kNetworkKinds), std::end(kNetworkKinds),
                   static_cast<uint32_t>(status.f_type)) != std::end(kNetworkKinds);
}

}  // namespace e2lm
