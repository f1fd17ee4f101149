#pragma once

// The CUDA runtime as the engine uses it: handles that own what they name, and status codes that
// become Errors. C++17, because every CUDA compiler must read it.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

struct CUstream_st;
struct CUevent_st;

namespace e2lm::cuda {

using Stream = CUstream_st*;

struct Grid {
  unsigned x = 1, y = 1, z = 1;
};

// Throws Error("CUDA", ..) that says what was being done and what the runtime says of it; for want
// of memory OutOfDeviceMemory, after a fault that the card does not outlive DeviceLost. `status` is
// a cudaError_t.
void check(int status, const char* doing);

// Throws what `where` (a library) said: DeviceLost if the card answers nothing any more, or Error.
[[noreturn]] void fail(std::string_view where, const std::string& said);

// What there is to know of a card before anything is done on it.
struct Card {
  std::string name;
  int major = 0, minor = 0;  // compute capability
  int64_t memory_bytes = 0;
  bool has_bfloat16() const { return major >= 8; }  // tensor cores that multiply it
};

// Cards that the driver shows; none also without a driver. `why_none`, if given, gets the driver's
// word for it.
int count_cards(std::string* why_none = nullptr);
Card describe_card(int index);

int64_t free_device_bytes();

// Memory on the device. Zeroed, because padding rows and lanes are read and must be finite.
class DeviceMemory {
 public:
  DeviceMemory() = default;
  explicit DeviceMemory(int64_t bytes);
  DeviceMemory(DeviceMemory&& other) noexcept { swap(other); }
  DeviceMemory& operator=(DeviceMemory&& other) noexcept {
    swap(other);
    return *this;
  }
  ~DeviceMemory() { free(data_); }

  template <class T>
  T* as() const {
    return static_cast<T*>(data_);
  }
  int64_t bytes() const { return bytes_; }
  // Gives up ownership: whoever takes it calls free().
  void* release() { return std::exchange(data_, nullptr); }
  static void free(void* data);

 private:
  void swap(DeviceMemory& other) {
    std::swap(data_, other.data_);
    std::swap(bytes_, other.bytes_);
  }
  void* data_ = nullptr;
  int64_t bytes_ = 0;
};

// Host memory that the device copies from and to by itself. For want of it OutOfDeviceMemory is
// thrown, too: smaller waves need less.
class PinnedMemory {
 public:
  PinnedMemory() = default;
  explicit PinnedMemory(int64_t bytes);
  PinnedMemory(PinnedMemory&& other) noexcept { swap(other); }
  PinnedMemory& operator=(PinnedMemory&& other) noexcept {
    swap(other);
    return *this;
  }
  ~PinnedMemory();

  template <class T>
  T* as() const {
    return static_cast<T*>(data_);
  }
  int64_t bytes() const { return bytes_; }

 private:
  void swap(PinnedMemory& other) {
    std::swap(data_, other.data_);
    std::swap(bytes_, other.bytes_);
  }
  void* data_ = nullptr;
  int64_t bytes_ = 0;
};

// A queue of work on the device, done in order.
class OwnedStream {
 public:
  OwnedStream();
  OwnedStream(const OwnedStream&) = delete;
  OwnedStream& operator=(const OwnedStream&) = delete;
  ~OwnedStream();
  Stream get() const { return stream_; }
  void wait() const;            // until all of it is done
  void drain() const noexcept;  // the same, and whatever went wrong stays unsaid

 private:
  Stream stream_ = nullptr;
};

// A point in a stream that can be waited for.
class Event {
 public:
  Event();
  Event(const Event&) = delete;
  Event& operator=(const Event&) = delete;
  ~Event();
  void record(Stream stream);
  void wait() const;  // returns at once if it was never recorded

 private:
  CUevent_st* event_ = nullptr;
};

// Queued copies; the host's side must stay until the stream has passed them.
void copy_to_device(void* to, const void* from, int64_t bytes, Stream stream);
void copy_to_host(void* to, const void* from, int64_t bytes, Stream stream);

// Rows of `row_bytes` that lie `pitch` bytes apart on the device.
struct Pitched {
  void* data;
  int64_t pitch;
};
void copy_rows_to_device(Pitched to, const void* from, int64_t row_bytes, int64_t rows,
                         Stream stream);

}  // namespace e2lm::cuda
