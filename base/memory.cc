#include "base/memory.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <string>

#include "base/control_groups.h"

namespace e2lm {

int64_t resident_bytes() {
  std::ifstream statm("/proc/self/statm");
  int64_t total = 0, resident = 0;
  statm >> total >> resident;
  return resident * ::sysconf(_SC_PAGESIZE);
}

int64_t peak_resident_bytes() {
  // Not getrusage: its peak is that of whatever the process was before it became this program.
  std::ifstream status("/proc/self/status");
  std::string word;
  int64_t kibibytes = 0;
  while (status >> word) {
    if (word == "VmHWM:") status >> kibibytes;
  }
  return kibibytes * 1024;
}

int64_t available_memory_bytes() {
  std::ifstream info("/proc/meminfo");
  std::string word;
  int64_t kibibytes = 0;
  while (info >> word) {
    if (word == "MemAvailable:") info >> kibibytes;
  }
  const int64_t bytes = kibibytes * 1024;
  return std::min(bytes, ControlGroups().memory_left_bytes().value_or(bytes));
}

std::string format_bytes(int64_t bytes) {
  const double mebibytes = static_cast<double>(bytes) / (1 << 20);
  if (mebibytes < 1) return fmt::format("{:.0f} KiB", mebibytes * 1024);
  if (mebibytes < 10) return fmt::format("{:.1f} MiB", mebibytes);
  return mebibytes < 1024 ? fmt::format("{:.0f} MiB", mebibytes)
                          : fmt::format("{:.2f} GiB", mebibytes / 1024);
}

}  // namespace e2lm
