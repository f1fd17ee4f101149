#include "tests/support/cuda_emulator/accesses.h"

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <mutex>
#include <vector>

// The program's own constants and variables lie between these (ld's names).
extern "C" const char __executable_start[], end[];

namespace e2lm::emulator {
namespace {

constexpr size_t kCellBytes = 2;  // the smallest value that kernels move

// Who wrote two bytes and who read them last, and whether others read them, too.
struct Cell {
  Mark write, read;
  bool read_by_lanes = false;   // more than one in that step of the warp
  bool read_by_warps = false;   // more than one in that step of the block
  uint32_t read_by_blocks = 0;  // more than one: the launch's first
};

struct Region {
  const char* data = nullptr;
  size_t bytes = 0;
  bool shared = false;
  std::shared_ptr<Cell> cells;

  bool has(const char* at) const { return static_cast<size_t>(at - data) < bytes; }
};

// Cells begin as zeros, of which the system makes only those that are used.
Region region_of(const void* data, size_t bytes, bool shared) {
  void* cells = std::calloc((bytes + kCellBytes - 1) / kCellBytes, sizeof(Cell));
  return {static_cast<const char*>(data), bytes, shared, {static_cast<Cell*>(cells), std::free}};
}

// The card's memory, which other threads of the host take and give back meanwhile.
class DeviceRegions {
 public:
  void add(const void* data, size_t bytes) {
    const std::lock_guard lock(mutex_);
    all_.push_back(region_of(data, bytes, false));
    ++version_;
  }
  void remove(const void* data) {
    const std::lock_guard lock(mutex_);
    std::erase_if(all_, [data](const Region& r) { return r.data == data; });
    ++version_;
  }
  // Brings a copy up to date.
  void read(std::vector<Region>& copy, uint64_t& version) const {
    if (version == version_.load(std::memory_order_acquire)) return;
    const std::lock_guard lock(mutex_);
    copy = all_;
    version = version_;
  }

 private:
  mutable std::mutex mutex_;
  std::vector<Region> all_;
  std::atomic<uint64_t> version_ = 1;
};

DeviceRegions& device_regions() {
  static DeviceRegions all;
  return all;
}

enum class Race { none, with_write, with_read };

struct Found {
  const char* at;
  size_t offset;  // in its region
  bool shared;
  bool after_write, write;
  Mark earlier, later;
  uint16_t value = 0;  // there, before the later one's write

  [[noreturn]] void report(const char* kernel) const {
    std::fprintf(
        stderr,
        "kernel %s: no barrier between a %s by thread %u and a %s by thread %u%s, byte %zu "
        "of %s memory\n",
        kernel, after_write ? "write" : "read", earlier.thread, write ? "write" : "read",
        later.thread, earlier.block == later.block ? "" : " of another block", offset,
        shared ? "shared" : "the card's");
    std::abort();
  }
};

class Watch {
 public:
  void note(const Accessor& who, const char* at, size_t bytes, bool write) {
    settle();
    const Region* region = find(at);
    if (!region || !region->has(at + bytes - 1)) {
      std::fprintf(stderr, "kernel %s: thread %u %s %zu bytes that are not all the card's\n",
                   kernel, who.now.thread, write ? "writes" : "reads", bytes);
      std::abort();
    }
    const size_t first = (at - region->data) / kCellBytes;
    const size_t last = (at - region->data + bytes - 1) / kCellBytes;
    for (size_t i = first; i <= last; ++i) {
      Cell& cell = region->cells.get()[i];
      const Race race = write ? note_write(who.now, cell, region->shared)
                              : note_read(who.now, cell, region->shared);
      if (race == Race::none) continue;
      const bool after_write = race == Race::with_write;
      Found found = {.at = region->data + i * kCellBytes,
                     .offset = i * kCellBytes,
                     .shared = region->shared,
                     .after_write = after_write,
                     .write = write,
                     .earlier = after_write ? cell.write : cell.read,
                     .later = who.now};
      if (!after_write || !write) found.report(kernel);
      std::memcpy(&found.value, found.at, kCellBytes);
      written_twice_.push_back(found);
    }
  }

  // Threads that store the same value need no order. An access is noted before it is made, so
  // whether it stored another is seen when the next is noted, or another thread goes on.
  void settle() {
    for (const Found& found : written_twice_) {
      if (std::memcmp(&found.value, found.at, kCellBytes) != 0) found.report(kernel);
    }
    written_twice_.clear();
  }

  const char* kernel = "";
  uint32_t blocks_before = 0;
  Region shared;

 private:
  const Region* find(const char* at) {
    if (shared.has(at)) return &shared;
    device_regions().read(device_, version_);
    if (found_ < device_.size() && device_[found_].has(at)) return &device_[found_];
    const auto region =
        std::find_if(device_.begin(), device_.end(), [at](const Region& r) { return r.has(at); });
    if (region == device_.end()) return nullptr;
    found_ = region - device_.begin();
    return &*region;
  }

  // Whether one access happens before another that is noted after it.
  bool ordered(const Mark& earlier, const Mark& now, bool is_shared) const {
    if (earlier.block <= blocks_before) return true;
    if (earlier.block != now.block) return is_shared;
    if (earlier.thread == now.thread || earlier.step != now.step) return true;
    return earlier.warp() == now.warp() && earlier.warp_step != now.warp_step;
  }

  Race note_read(const Mark& now, Cell& cell, bool is_shared) const {
    if (!ordered(cell.write, now, is_shared)) return Race::with_write;
    if (cell.read.block != now.block || cell.read.step != now.step) {
      const bool of_launch = cell.read.block > blocks_before;
      if (of_launch && cell.read.block != now.block) cell.read_by_blocks = blocks_before + 1;
      cell.read_by_warps = cell.read_by_lanes = false;
    } else if (cell.read.warp() != now.warp()) {
      cell.read_by_warps = true;
    } else {
      const bool same_step = cell.read.warp_step == now.warp_step;
      cell.read_by_lanes = same_step && (cell.read_by_lanes || cell.read.thread != now.thread);
    }
    cell.read = now;
    return Race::none;
  }

  Race note_write(const Mark& now, Cell& cell, bool is_shared) const {
    if (!ordered(cell.write, now, is_shared)) return Race::with_write;
    const bool by_blocks = !is_shared && cell.read_by_blocks == blocks_before + 1;
    const bool same_step = cell.read.block == now.block && cell.read.step == now.step;
    const bool by_lanes = cell.read_by_lanes && cell.read.warp_step == now.warp_step;
    if (by_blocks || (same_step && (cell.read_by_warps || by_lanes)) ||
        !ordered(cell.read, now, is_shared)) {
      return Race::with_read;
    }
    cell.write = now;
    return Race::none;
  }

  std::vector<Region> device_;
  uint64_t version_ = 0;
  size_t found_ = 0;  // where the last one was
  std::vector<Found> written_twice_;
};

// Kernels run on one thread of the host at a time.
Watch watch;
thread_local const Accessor* accessor = nullptr;

// Most accesses are to a thread's own variables.
inline void note(const void* data, size_t bytes, bool write) {
  const auto* at = static_cast<const char*>(data);
  if (!accessor || static_cast<size_t>(at - accessor->stack) < accessor->stack_bytes) return;
  if (at >= __executable_start && at < end) return;
  watch.note(*accessor, at, bytes, write);
}

}  // namespace

void watch_accesses_of(const Accessor* who) {
  watch.settle();
  accessor = who;
}

void begin_launch(const char* kernel, uint32_t blocks_before) {
  watch.kernel = kernel;
  watch.blocks_before = blocks_before;
}

void watch_shared(const void* data, size_t bytes) {
  if (watch.shared.data == data && watch.shared.bytes == bytes) return;
  watch.shared = region_of(data, bytes, true);
}

void watch_device(const void* data, size_t bytes) {
  device_regions().add(data, bytes);
}

void unwatch_device(const void* data) {
  device_regions().remove(data);
}

void note_read(const void* at, size_t bytes) {
  note(at, bytes, false);
}

void note_write(const void* at, size_t bytes) {
  note(at, bytes, true);
}

}  // namespace e2lm::emulator

// ---- what -fsanitize=thread calls, declared as the compiler has it ----

#define E2LM_ACCESS(bytes)                       \
  void __tsan_read##bytes(void* at) {            \
    e2lm::emulator::note_read(at, bytes);        \
  }                                              \
  void __tsan_write##bytes(void* at) {           \
    e2lm::emulator::note_write(at, bytes);       \
  }                                              \
  void __tsan_unaligned_read##bytes(void* at) {  \
    e2lm::emulator::note_read(at, bytes);        \
  }                                              \
  void __tsan_unaligned_write##bytes(void* at) { \
    e2lm::emulator::note_write(at, bytes);       \
  }

extern "C" {
E2LM_ACCESS(1)
E2LM_ACCESS(2)
E2LM_ACCESS(4)
E2LM_ACCESS(8)
E2LM_ACCESS(16)
void __tsan_read_range(void* at, long bytes) {
  e2lm::emulator::note_read(at, bytes);
}
void __tsan_write_range(void* at, long bytes) {
  e2lm::emulator::note_write(at, bytes);
}
void __tsan_init() {}
void __tsan_func_entry(void*) {}
void __tsan_func_exit(void*) {}
}
