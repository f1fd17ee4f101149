#pragma once

// A card that does not exist: CUDA kernels compiled for the host and run thread by thread, so that
// their index arithmetic, masks, barriers and sums are tested on any machine. Read before a kernel
// file (-include), with E2LM_CUDA_EMULATED defined; gives CUDA's names a meaning here.
//
// Every thread of a block is a fiber. Fibers run in a random order from one barrier to the next, so
// a missing barrier shows as a wrong result, and as a race where accesses are watched (accesses.h);
// barriers that not all threads reach end the program with a message. Shared memory is full of NaN
// when a block begins, and copies that go on beside the threads come at the last moment that they
// may. So does what is queued on a stream: when the host waits for it, or gives memory back; host
// memory that is used again too early shows as a wrong result, too. What it cannot show: speed,
// memory orders weaker than the host's, and what the hardware rounds differently.

#include <array>
#include <atomic>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <tuple>

#include "engine/cuda/bfloat16.h"
#include "engine/cuda/device.h"

#define __global__
#define __device__
#define __launch_bounds__(...)

namespace e2lm::emulator {

struct Index {
  unsigned x = 0, y = 0, z = 0;
};

// The thread that runs now.
extern Index thread_index, block_index, block_size;

// The threads' arguments are there: what they read and write from now on is watched (accesses.h).
void begin_kernel();
void block_barrier();
void warp_barrier();
// Gives `mine` to the lanes of the warp and returns when all have given theirs; `lanes` then says
// what each gave, until this lane's next exchange.
struct WarpValues {
  struct alignas(32) Given {
    std::array<std::byte, 32> bytes;
  };
  std::array<Given, 32> lanes;
};
const WarpValues& exchange(const void* mine, size_t bytes);

void* shared_memory();

// Copies to shared memory that come only when the thread waits for their batch.
void send_later(void* to, const void* from, size_t bytes);  // zeros from null
void end_batch();
void wait_for_batches(int later);

// Ends the program if a thread moves `bytes` at once from or to where they must not begin.
void check_alignment(const void* at, size_t bytes);

// Runs `kernel` once for every thread of a grid of blocks.
void run(cuda::Grid grid, int threads, size_t shared_bytes, const std::function<void()>& kernel,
         const char* name);

// Does `work` after all that is queued on the stream, at once if that is null.
void enqueue(cuda::Stream stream, std::function<void()> work);
// Throws if kernels of this name are to fail.
void check_launch(const char* name);

// ---- what the card is like, for tests of errors ----

struct Behaviour {
  int cards = 1;
  int major = 9, minor = 0;
  bool has_cublas = true;
  int64_t memory_bytes = int64_t{4} << 30;
  int64_t pinned_bytes = int64_t{4} << 30;  // of one piece of host memory for copies
  const char* failing_kernel = nullptr;     // by name: its launch is refused
  const char* faulty_kernel = nullptr;      // by name: the card is lost when it runs
};
extern Behaviour behaviour;
extern std::atomic<bool> lost;  // the card answers nothing any more
int64_t allocated_bytes();

// Throws as the runtime does whatever is asked of a lost card.
void check_answers(const char* doing);

// Not the card's memory, so not watched.
template <class T>
__attribute__((no_sanitize("thread"))) T value_of(const WarpValues& values, int lane) {
  T value;
  std::memcpy(&value, values.lanes[lane].bytes.data(), sizeof(T));
  return value;
}

inline int own_lane() {
  return static_cast<int>(thread_index.x % 32);
}

}  // namespace e2lm::emulator

// ---- CUDA's names ----

inline const e2lm::emulator::Index& threadIdx = e2lm::emulator::thread_index;
inline const e2lm::emulator::Index& blockIdx = e2lm::emulator::block_index;
inline const e2lm::emulator::Index& blockDim = e2lm::emulator::block_size;

struct alignas(16) float4 {
  float x, y, z, w;
};
struct alignas(8) float2 {
  float x, y;
};
struct alignas(8) uint2 {
  uint32_t x, y;
};
struct alignas(16) uint4 {
  uint32_t x, y, z, w;
};
inline float4 make_float4(float x, float y, float z, float w) {
  return {x, y, z, w};
}

inline int min(int a, int b) {
  return a < b ? a : b;
}

inline void __syncthreads() {
  e2lm::emulator::block_barrier();
}

// Whether any thread of the block has a value other than 0.
inline int __syncthreads_or(int value) {
  static bool any;
  any = any || value != 0;
  __syncthreads();
  const bool result = any;
  __syncthreads();
  any = false;
  __syncthreads();
  return result;
}

inline void __syncwarp() {
  e2lm::emulator::warp_barrier();
}

template <class T>
T __shfl_xor_sync(unsigned, T value, int mask) {
  const auto& values = e2lm::emulator::exchange(&value, sizeof(value));
  return e2lm::emulator::value_of<T>(values, e2lm::emulator::own_lane() ^ mask);
}

template <class T>
T __shfl_sync(unsigned, T value, int lane) {
  const auto& values = e2lm::emulator::exchange(&value, sizeof(value));
  return e2lm::emulator::value_of<T>(values, lane);
}

namespace e2lm::cuda {

template <int kBytes>
void send(void* to, const void* from, bool there) {
  emulator::check_alignment(to, kBytes);
  emulator::check_alignment(from, kBytes);
  emulator::send_later(to, there ? from : nullptr, kBytes);
}

inline void end_batch() {
  emulator::end_batch();
}

template <int kLater>
void wait_for_batches() {
  emulator::wait_for_batches(kLater);
}

template <class T>
T* dynamic_shared() {
  return static_cast<T*>(emulator::shared_memory());
}

template <class V>
V load_aligned(const void* at) {
  emulator::check_alignment(at, sizeof(V));
  V value;
  std::memcpy(&value, at, sizeof(V));
  return value;
}

template <class V>
void store_aligned(void* at, const V& value) {
  emulator::check_alignment(at, sizeof(V));
  std::memcpy(at, &value, sizeof(V));
}

template <class... P, class... A>
void launch(void (*kernel)(P...), const char* name, Grid grid, int threads, size_t shared_bytes,
            Stream stream, A... arguments) {
  emulator::check_launch(name);
  emulator::enqueue(stream, [=, given = std::tuple<P...>(arguments...)] {
    const auto begin = [kernel](P... own) {
      const auto call = kernel;
      emulator::begin_kernel();
      call(own...);
    };
    emulator::run(
        grid, threads, shared_bytes, [&] { std::apply(begin, given); }, name);
  });
}

// The matrix instructions of warp_tile.cuh, with the fragments of the PTX ISA.

inline float element(const Bfloat16* row, int column) {
  return widen(row[column]);
}

inline uint32_t pair(Bfloat16 low, Bfloat16 high) {
  return low.bits | static_cast<uint32_t>(high.bits) << 16;
}

inline void load_matrices(uint32_t (&r)[4], const Bfloat16* row) {
  emulator::check_alignment(row, 16);
  const auto& rows = emulator::exchange(&row, sizeof(row));
  const int lane = emulator::own_lane();
  for (int m = 0; m < 4; ++m) {
    const auto* from = emulator::value_of<const Bfloat16*>(rows, 8 * m + lane / 4);
    r[m] = pair(from[lane % 4 * 2], from[lane % 4 * 2 + 1]);
  }
}

inline void load_transposed(uint32_t (&r)[4], const Bfloat16* row) {
  emulator::check_alignment(row, 16);
  const auto& rows = emulator::exchange(&row, sizeof(row));
  const int lane = emulator::own_lane();
  for (int m = 0; m < 4; ++m) {
    const auto* low = emulator::value_of<const Bfloat16*>(rows, 8 * m + lane % 4 * 2);
    const auto* high = emulator::value_of<const Bfloat16*>(rows, 8 * m + lane % 4 * 2 + 1);
    r[m] = pair(low[lane / 4], high[lane / 4]);
  }
}

inline void multiply_add(float (&acc)[4], const uint32_t (&a)[4], uint32_t b0, uint32_t b1) {
  // Widened here, because every value is used by several lanes.
  struct Fragment {
    uint32_t a[4], b[2];
  };
  const Fragment mine = {{a[0], a[1], a[2], a[3]}, {b0, b1}};
  const auto& all = emulator::exchange(&mine, sizeof(mine));
  const int lane = emulator::own_lane(), g = lane / 4, t = lane % 4;
  const auto low = [](uint32_t both) { return widen(Bfloat16{static_cast<uint16_t>(both)}); };
  const auto high = [](uint32_t both) {
    return widen(Bfloat16{static_cast<uint16_t>(both >> 16)});
  };
  for (int quarter = 0; quarter < 4; ++quarter) {  // inner 2·quarter, the next, and those 8 on
    const auto of_a = emulator::value_of<Fragment>(all, 4 * g + quarter);
    for (int side = 0; side < 2; ++side) {
      const auto of_b = emulator::value_of<Fragment>(all, 4 * (2 * t + side) + quarter);
      for (int half = 0; half < 2; ++half) {
        acc[2 * half + side] +=
            low(of_a.a[half]) * low(of_b.b[0]) + high(of_a.a[half]) * high(of_b.b[0]) +
            low(of_a.a[half + 2]) * low(of_b.b[1]) + high(of_a.a[half + 2]) * high(of_b.b[1]);
      }
    }
  }
}

}  // namespace e2lm::cuda
