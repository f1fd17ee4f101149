#pragma once

#include <sys/mount.h>

#include <cerrno>
#include <cstring>
#include <string>

#include "base/file.h"

namespace e2lm {

// A file system of its own in memory, mounted on a folder and gone with the object. Only root may
// mount; whoever cannot has `problem()`, and says so.
class Mount {
 public:
  Mount(const Path& folder, const std::string& options) : folder_(folder) {
    std::filesystem::create_directories(folder);
    mounted_ = ::mount("tmpfs", folder.c_str(), "tmpfs", 0, options.c_str()) == 0;
    if (!mounted_) problem_ = std::string("no file system can be mounted: ") + std::strerror(errno);
  }
  ~Mount() {
    if (mounted_) ::umount2(folder_.c_str(), MNT_DETACH);
  }
  Mount(const Mount&) = delete;
  Mount& operator=(const Mount&) = delete;

  const std::string& problem() const { return problem_; }
  bool change(unsigned long flags, const std::string& options) const {
    return ::mount("tmpfs", folder_.c_str(), "tmpfs", MS_REMOUNT | flags, options.c_str()) == 0;
  }

 private:
  Path folder_;
  bool mounted_ = false;
  std::string problem_;
};

}  // namespace e2lm
