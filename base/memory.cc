#include "base/memory.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <string>
#include <string_view>

#include "base/control_groups.h"

namespace e2lm {
namespace {

// What a file of the system says in KiB behind a word; 0 if it does not.
int64_t bytes_after(const char* file, std::string_view key) {
  std::ifstream words(file);
  std::string word;
  int64_t kibibytes = 0;
  while (words >> word) {
    if (word == key) words >> kibibytes;
  }
  return kibibytes * 1024;
}

}  // namespace

int64_t resident_bytes() {
  std::ifstream statm("/proc/self/statm");
  int64_t total = 0, resident = 0;
  statm >> total >> resident;
  return resident * ::sysconf(_SC_PAGESIZE);
}

int64_t peak_resident_bytes() {
  // Not getrusage: its peak is that of whatever the process was before it became this program.
  return bytes_after("/proc/self/status", "VmHWM:");
}

int64_t available_memory_bytes() {
  const int64_t bytes = bytes_after("/proc/meminfo", "MemAvailable:");
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
