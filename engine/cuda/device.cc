#include "engine/cuda/device.h"

#include <cuda_runtime.h>

#include "engine/device_error.h"

namespace e2lm::cuda {
namespace {

[[noreturn]] void refuse(int status, const char* doing, const char* memory_wanted) {
  const auto error = static_cast<cudaError_t>(status);
  const std::string said = std::string(doing) + ": " + cudaGetErrorString(error);
  cudaGetLastError();  // asking again must not find this one
  if (error == cudaErrorMemoryAllocation) throw OutOfDeviceMemory("CUDA", said, memory_wanted);
  fail("CUDA", said);
}

}  // namespace

// What a kernel did wrong stays with the process: every later call tells of it again.
void fail(std::string_view where, const std::string& said) {
  if (cudaDeviceSynchronize() == cudaSuccess) throw Error(where, said);
  throw DeviceLost(where, said + "; the card computes nothing more for this process",
                   "a card in order, which nvidia-smi shows, and the program started anew");
}

void check(int status, const char* doing) {
  if (status != cudaSuccess) refuse(status, doing, "a smaller --memory, or a card with more");
}

int count_cards(std::string* why_none) {
  int count = 0;
  const cudaError_t status = cudaGetDeviceCount(&count);
  if (status != cudaSuccess) cudaGetLastError();
  if (why_none && status == cudaErrorInsufficientDriver) {
    *why_none = "no NVIDIA driver, or one older than CUDA " +
                std::to_string(CUDART_VERSION / 1000) + "." +
                std::to_string(CUDART_VERSION % 1000 / 10);
  } else if (why_none && count == 0) {
    *why_none = status == cudaSuccess ? "the driver shows no card" : cudaGetErrorString(status);
  }
  return status == cudaSuccess ? count : 0;
}

Card describe_card(int index) {
  cudaDeviceProp properties;
  check(cudaGetDeviceProperties(&properties, index), "asking for the card's properties");
  return {properties.name, properties.major, properties.minor,
          static_cast<int64_t>(properties.totalGlobalMem)};
}

int64_t free_device_bytes() {
  size_t free = 0, total = 0;
  check(cudaMemGetInfo(&free, &total), "asking for free memory");
  return static_cast<int64_t>(free);
}

// By way of the other constructor, after which the destructor gives back what cannot be cleared.
DeviceMemory::DeviceMemory(int64_t bytes) : DeviceMemory() {
  if (bytes == 0) return;
  bytes_ = bytes;
  check(cudaMalloc(&data_, bytes), "taking device memory");
  check(cudaMemset(data_, 0, bytes), "clearing device memory");
  // Streams of ours do not wait for the default stream, which cleared it.
  check(cudaStreamSynchronize(nullptr), "clearing device memory");
}

void DeviceMemory::free(void* data) {
  if (data) cudaFree(data);
}

PinnedMemory::PinnedMemory(int64_t bytes) : bytes_(bytes) {
  if (bytes == 0) return;
  const cudaError_t status = cudaMallocHost(&data_, bytes);
  if (status == cudaSuccess) return;
  refuse(status, "taking host memory for copies", "more free host memory, or a smaller --memory");
}

PinnedMemory::~PinnedMemory() {
  if (data_) cudaFreeHost(data_);
}

OwnedStream::OwnedStream() {
  check(cudaStreamCreateWithFlags(&stream_, cudaStreamNonBlocking), "making a stream");
}

OwnedStream::~OwnedStream() {
  cudaStreamDestroy(stream_);
}

void OwnedStream::wait() const {
  check(cudaStreamSynchronize(stream_), "waiting for the device");
}

void OwnedStream::drain() const noexcept {
  cudaStreamSynchronize(stream_);
}

Event::Event() {
  check(cudaEventCreateWithFlags(&event_, cudaEventDisableTiming), "making an event");
}

Event::~Event() {
  cudaEventDestroy(event_);
}

void Event::record(Stream stream) {
  check(cudaEventRecord(event_, stream), "recording an event");
}

void Event::wait() const {
  check(cudaEventSynchronize(event_), "waiting for the device");
}

void copy_to_device(void* to, const void* from, int64_t bytes, Stream stream) {
  check(cudaMemcpyAsync(to, from, bytes, cudaMemcpyHostToDevice, stream), "copying to the device");
}

void copy_to_host(void* to, const void* from, int64_t bytes, Stream stream) {
  check(cudaMemcpyAsync(to, from, bytes, cudaMemcpyDeviceToHost, stream),
        "copying from the device");
}

void copy_rows_to_device(Pitched to, const void* from, int64_t row_bytes, int64_t rows,
                         Stream stream) {
  check(cudaMemcpy2DAsync(to.data, to.pitch, from, row_bytes, row_bytes, rows,
                          cudaMemcpyHostToDevice, stream),
        "copying rows to the device");
}

}  // namespace e2lm::cuda
