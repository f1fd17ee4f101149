// engine/cuda/device.h on the host.

#include "engine/cuda/device.h"

#include <cstdlib>
#include <map>
#include <mutex>

#include "engine/backend.h"
#include "tests/support/cuda_emulator/emulator.h"

namespace e2lm {
namespace {

// What is taken of the card's memory, by all threads.
class Allocations {
 public:
  int64_t bytes() const {
    const std::lock_guard lock(mutex_);
    return bytes_;
  }

  // Null if there is not as much.
  void* take(int64_t bytes) {
    const std::lock_guard lock(mutex_);
    if (bytes > emulator::behaviour.memory_bytes - bytes_) return nullptr;
    void* data = nullptr;  // of this size to the byte, so that a sanitizer sees what goes beyond it
    if (::posix_memalign(&data, 256, bytes) != 0) return nullptr;
    std::memset(data, 0, bytes);
    sizes_[data] = bytes;
    bytes_ += bytes;
    return data;
  }

  void give_back(void* data) {
    const std::lock_guard lock(mutex_);
    const auto at = sizes_.find(data);
    if (at == sizes_.end()) return;
    bytes_ -= at->second;
    sizes_.erase(at);
    std::free(data);
  }

 private:
  mutable std::mutex mutex_;
  std::map<void*, int64_t> sizes_;
  int64_t bytes_ = 0;
};

Allocations& allocations() {
  static Allocations all;
  return all;
}

}  // namespace

int64_t emulator::allocated_bytes() {
  return allocations().bytes();
}

namespace cuda {

void check(int, const char*) {}

int count_cards(std::string* why_none) {
  if (why_none && emulator::behaviour.cards == 0) *why_none = "no CUDA-capable device is detected";
  return emulator::behaviour.cards;
}

Card describe_card(int) {
  const emulator::Behaviour& card = emulator::behaviour;
  return {"Emulated", card.major, card.minor, card.memory_bytes};
}

int64_t free_device_bytes() {
  return emulator::behaviour.memory_bytes - emulator::allocated_bytes();
}

DeviceMemory::DeviceMemory(int64_t bytes) : bytes_(bytes) {
  if (bytes == 0) return;
  data_ = allocations().take(bytes);
  if (data_) return;
  throw OutOfDeviceMemory("CUDA", "taking device memory: out of memory",
                          "a smaller --memory, or a card with more");
}

void DeviceMemory::free(void* data) {
  allocations().give_back(data);
}

PinnedMemory::PinnedMemory(int64_t bytes) : bytes_(bytes) {
  if (bytes == 0) return;
  if (bytes > emulator::behaviour.pinned_bytes) {
    throw OutOfDeviceMemory("CUDA", "taking host memory for copies: out of memory",
                            "more free host memory, or a smaller --memory");
  }
  data_ = std::malloc(bytes);
}
PinnedMemory::~PinnedMemory() {
  std::free(data_);
}

// Everything is done at once.
OwnedStream::OwnedStream() = default;
OwnedStream::~OwnedStream() = default;
void OwnedStream::wait() const {}
void OwnedStream::drain() const noexcept {}
Event::Event() = default;
Event::~Event() = default;
void Event::record(Stream) {}
void Event::wait() const {}

void copy_to_device(void* to, const void* from, int64_t bytes, Stream) {
  std::memcpy(to, from, bytes);
}

void copy_to_host(void* to, const void* from, int64_t bytes, Stream) {
  std::memcpy(to, from, bytes);
}

void copy_rows_to_device(Pitched to, const void* from, int64_t row_bytes, int64_t rows, Stream) {
  for (int64_t r = 0; r < rows; ++r) {
    std::memcpy(static_cast<char*>(to.data) + r * to.pitch,
                static_cast<const char*>(from) + r * row_bytes, row_bytes);
  }
}

}  // namespace cuda
}  // namespace e2lm
