#include "base/mapping_guard.h"

#include <sys/mman.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <csignal>
#include <cstdint>
#include <utility>

namespace e2lm {
namespace {

// A place is free while `begin` is 0, and taken but not yet in use while `end` is.
struct Mapping {
  std::atomic<uintptr_t> begin = 0, end = 0;
  std::atomic<bool> lost = false;
};

std::array<Mapping, 4096> mappings;
struct sigaction action_before;

// Zeros from the page of `address` to the end of the mapping that holds it; false: none does.
bool replace_lost_pages(uintptr_t address) {
  const auto page_bytes = static_cast<uintptr_t>(::sysconf(_SC_PAGESIZE));
  for (Mapping& mapping : mappings) {
    const uintptr_t begin = mapping.begin, end = mapping.end;
    if (address < begin || address >= end) continue;
    const uintptr_t page = address / page_bytes * page_bytes;
    mapping.lost = true;
    return ::mmap(reinterpret_cast<void*>(page), end - page, PROT_READ,
                  MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) != MAP_FAILED;
  }
  return false;
}

// The instruction that failed runs again when this returns: with zeros, or into the action before.
void on_bus_error(int number, siginfo_t* info, void*) {
  if (replace_lost_pages(reinterpret_cast<uintptr_t>(info->si_addr))) return;
  ::sigaction(number, &action_before, nullptr);
}

void catch_bus_errors() {
  static const bool kOnce = [] {
    struct sigaction action = {};
    action.sa_sigaction = on_bus_error;
    action.sa_flags = SA_SIGINFO | SA_RESTART;
    return ::sigaction(SIGBUS, &action, &action_before) == 0;
  }();
  static_cast<void>(kOnce);
}

}  // namespace

MappingGuard::MappingGuard(std::span<const std::byte> bytes) {
  catch_bus_errors();
  const auto begin = reinterpret_cast<uintptr_t>(bytes.data());
  for (size_t place = 0; place < mappings.size(); ++place) {
    uintptr_t free = 0;
    if (!mappings[place].begin.compare_exchange_strong(free, begin)) continue;
    mappings[place].lost = false;
    mappings[place].end = begin + bytes.size();
    place_ = static_cast<int>(place);
    return;
  }
}

MappingGuard::~MappingGuard() {
  if (place_ < 0) return;
  mappings[place_].end = 0;
  mappings[place_].begin = 0;
}

MappingGuard::MappingGuard(MappingGuard&& other) noexcept
    : place_(std::exchange(other.place_, -1)) {}

MappingGuard& MappingGuard::operator=(MappingGuard&& other) noexcept {
  std::swap(place_, other.place_);
  return *this;
}

bool MappingGuard::lost_pages() const {
  return place_ >= 0 && mappings[place_].lost;
}

}  // namespace e2lm
