// engine/cuda/device.h on the host.

#include "engine/cuda/device.h"

#include <cstdlib>
#include <deque>
#include <map>
#include <mutex>
#include <set>

#include "engine/device_error.h"
#include "tests/support/cuda_emulator/accesses.h"
#include "tests/support/cuda_emulator/emulator.h"

// What is to be done, in order.
struct CUstream_st {
  std::deque<std::function<void()>> work;
  int64_t done = 0;

  int64_t queued() const { return done + std::ssize(work); }
};

// What comes before it on a stream.
struct CUevent_st {
  CUstream_st* stream = nullptr;
  int64_t after = 0;
};

namespace e2lm {
namespace {

// All streams. Whoever waits does the work, one thread at a time.
class Streams {
 public:
  CUstream_st* open() {
    const std::lock_guard lock(mutex_);
    return *open_.insert(new CUstream_st()).first;
  }
  void close(CUstream_st* stream) {
    const std::lock_guard lock(mutex_);
    work_until(*stream, stream->queued());
    open_.erase(stream);
    delete stream;
  }
  void add(CUstream_st& stream, std::function<void()> work) {
    const std::lock_guard lock(mutex_);
    stream.work.push_back(std::move(work));
  }
  void record(CUevent_st& event, CUstream_st* stream) {
    const std::lock_guard lock(mutex_);
    event = {stream, stream ? stream->queued() : 0};
  }
  void wait(const CUevent_st& event) {
    const std::lock_guard lock(mutex_);
    if (open_.count(event.stream) > 0) work_until(*event.stream, event.after);
  }
  void wait(CUstream_st& stream) {
    const std::lock_guard lock(mutex_);
    work_until(stream, stream.queued());
  }
  void wait_for_all() {
    const std::lock_guard lock(mutex_);
    for (CUstream_st* stream : open_) work_until(*stream, stream->queued());
  }

 private:
  // A lost card does nothing of what is still queued.
  static void work_until(CUstream_st& stream, int64_t until) {
    for (; stream.done < until; ++stream.done) {
      const auto work = std::move(stream.work.front());
      stream.work.pop_front();
      if (!emulator::lost) work();
    }
  }

  std::mutex mutex_;
  std::set<CUstream_st*> open_;
};

Streams& streams() {
  static Streams all;
  return all;
}

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
    emulator::watch_device(data, bytes);
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
    emulator::unwatch_device(data);
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

void emulator::enqueue(cuda::Stream stream, std::function<void()> work) {
  if (stream) {
    streams().add(*stream, std::move(work));
  } else {
    work();
  }
}

namespace cuda {

void check(int, const char*) {}

void fail(std::string_view where, const std::string& said) {
  if (!emulator::lost) throw Error(where, said);
  throw DeviceLost(where, said, "the program started anew");
}

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
  emulator::check_answers("taking device memory");
  data_ = allocations().take(bytes);
  if (data_) return;
  throw OutOfDeviceMemory("CUDA", "taking device memory: out of memory",
                          "a smaller --memory, or a card with more");
}

// Giving memory back waits for the device, on the host too.
void DeviceMemory::free(void* data) {
  if (data) streams().wait_for_all();
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
  if (data_) streams().wait_for_all();
  std::free(data_);
}

OwnedStream::OwnedStream() : stream_(streams().open()) {}
OwnedStream::~OwnedStream() {
  streams().close(stream_);
}
void OwnedStream::wait() const {
  emulator::check_answers("waiting for the device");
  streams().wait(*stream_);
}
void OwnedStream::drain() const noexcept {
  streams().wait(*stream_);
}

Event::Event() : event_(new CUevent_st()) {}
Event::~Event() {
  delete event_;
}
void Event::record(Stream stream) {
  streams().record(*event_, stream);
}
void Event::wait() const {
  emulator::check_answers("waiting for the device");
  streams().wait(*event_);
}

void copy_to_device(void* to, const void* from, int64_t bytes, Stream stream) {
  emulator::enqueue(stream, [=] { std::memcpy(to, from, bytes); });
}

void copy_to_host(void* to, const void* from, int64_t bytes, Stream stream) {
  emulator::enqueue(stream, [=] { std::memcpy(to, from, bytes); });
}

void copy_rows_to_device(Pitched to, const void* from, int64_t row_bytes, int64_t rows,
                         Stream stream) {
  emulator::enqueue(stream, [=] {
    for (int64_t r = 0; r < rows; ++r) {
      std::memcpy(static_cast<char*>(to.data) + r * to.pitch,
                  static_cast<const char*>(from) + r * row_bytes, row_bytes);
    }
  });
}

}  // namespace cuda
}  // namespace e2lm
