#include "base/control_groups.h"

#include <algorithm>
#include <fstream>
#include <string_view>

#include "base/text.h"

namespace e2lm {
namespace {

// None where there is no number, as for "max".
std::optional<int64_t> number_in(const Path& file) {
  int64_t number = 0;
  if (std::ifstream(file) >> number) return number;
  return {};
}

// Behind the word `key` in lines of "key number".
int64_t number_after(const Path& file, const std::string& key) {
  std::ifstream lines(file);
  std::string word;
  int64_t number = 0;
  while (lines >> word >> number) {
    if (word == key) return number;
  }
  return 0;
}

template <class Number>
void take_smaller(std::optional<Number>& least, Number other) {
  least = least ? std::min(*least, other) : other;
}

// How a version names what it says of a group's memory.
struct MemoryFiles {
  std::vector<std::string> limits;
  std::string used;
  std::vector<std::string> pages_of_files;  // in memory.stat
};
const MemoryFiles kMemoryOf1 = {{"memory.limit_in_bytes"},
                                "memory.usage_in_bytes",
                                {"total_inactive_file", "total_active_file"}};
const MemoryFiles kMemoryOf2 = {
    {"memory.max", "memory.high"}, "memory.current", {"inactive_file", "active_file"}};

std::optional<int64_t> memory_left(const Path& folder, const MemoryFiles& files) {
  constexpr int64_t kNoLimit = int64_t{1} << 60;  // version 1 has no word for it
  std::optional<int64_t> left;
  for (const std::string& file : files.limits) {
    const auto limit = number_in(folder / file);
    const auto used = number_in(folder / files.used);
    if (limit && used && *limit < kNoLimit) take_smaller(left, *limit - *used);
  }
  if (!left) return {};
  for (const std::string& key : files.pages_of_files) {
    *left += number_after(folder / "memory.stat", key);
  }
  return std::max<int64_t>(*left, 0);
}

// quota / period, both in microseconds; none without a quota.
std::optional<double> share(std::optional<int64_t> quota, std::optional<int64_t> period) {
  if (!quota || !period || *quota <= 0 || *period <= 0) return {};
  return static_cast<double>(*quota) / static_cast<double>(*period);
}

std::optional<double> processors_of_2(const Path& folder) {
  std::ifstream file(folder / "cpu.max");
  int64_t quota = 0, period = 0;
  if (!(file >> quota >> period)) return {};
  return share(quota, period);
}

}  // namespace

std::vector<Path> ControlGroups::folders(const std::string& controller) const {
  const Path mounts = root_ / "sys/fs/cgroup";
  Path mount = mounts / controller;
  // Beside version 1 the second has a folder of its own.
  if (controller.empty() && is_seen(mounts / "unified")) mount = mounts / "unified";
  std::ifstream lines(root_ / "proc/self/cgroup");
  for (std::string line; std::getline(lines, line);) {
    const size_t list = line.find(':') + 1, path = line.find(':', list) + 1;
    if (list == 0 || path == 0) continue;
    // Version 2 names none, as one empty word.
    const auto controllers = split(std::string_view(line).substr(list, path - 1 - list), ',');
    if (std::find(controllers.begin(), controllers.end(), controller) == controllers.end())
      continue;
    std::vector<Path> found;
    // Within a container the path may be the host's, of which only the container's part is there.
    for (Path below = Path(line.substr(path)).relative_path(); !below.empty();
         below = below.parent_path()) {
      if (is_seen(mount / below)) found.push_back(mount / below);
    }
    found.push_back(mount);
    return found;
  }
  return {};
}

std::optional<int64_t> ControlGroups::memory_left_bytes() const {
  std::optional<int64_t> least;
  for (const auto& [controller, files] : {std::pair("memory", kMemoryOf1), {"", kMemoryOf2}}) {
    for (const Path& folder : folders(controller)) {
      if (const auto left = memory_left(folder, files)) take_smaller(least, *left);
    }
  }
  return least;
}

std::optional<double> ControlGroups::processors() const {
  std::optional<double> least;
  for (const Path& folder : folders("cpu")) {
    const auto some =
        share(number_in(folder / "cpu.cfs_quota_us"), number_in(folder / "cpu.cfs_period_us"));
    if (some) take_smaller(least, *some);
  }
  for (const Path& folder : folders("")) {
    if (const auto some = processors_of_2(folder)) take_smaller(least, *some);
  }
  return least;
}

}  // namespace e2lm
