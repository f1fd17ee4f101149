#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/file.h"

namespace e2lm {

// What the control groups of a container or a batch job leave to this process. Of versions 1 and 2,
// at the places where systemd and containers have them (Linux, admin-guide/cgroup-v2.rst and
// cgroup-v1/memory.rst). A group is within all those above it. What cannot be read sets no limit.
class ControlGroups {
 public:
  explicit ControlGroups(Path root = "/") : root_(std::move(root)) {}

  // Until the memory of one is full; none: no limit. Pages of files count as free: the system drops
  // them first.
  std::optional<int64_t> memory_left_bytes() const;

  // Processors' worth of time; none: no limit.
  std::optional<double> processors() const;

 private:
  // Of this process and above, where `controller` has them; of version 2 if `controller` is empty.
  std::vector<Path> folders(const std::string& controller) const;

  Path root_;
};

}  // namespace e2lm
