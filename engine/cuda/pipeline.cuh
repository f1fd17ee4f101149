#pragma once

// Copies from the card's memory to a block's shared memory that go on while the block computes (PTX
// ISA, "cp.async"), and steps that take turns with them. Cards before compute capability 8.0 copy
// at once.

#include "engine/cuda/kernel.cuh"

namespace e2lm::cuda {

#ifndef E2LM_CUDA_EMULATED

// kBytes (4, 8 or 16) to shared memory, from and to multiples of it; zeros where nothing is
// `there`. They have come when the sending thread has waited for their batch, for other threads
// when these have passed a barrier after that.
template <int kBytes>
__device__ inline void send(void* to, const void* from, bool there) {
  static_assert(kBytes == 4 || kBytes == 8 || kBytes == 16, "what cp.async takes");
#if __CUDA_ARCH__ >= 800
  const auto at = static_cast<uint32_t>(__cvta_generic_to_shared(to));
  const int bytes = there ? kBytes : 0;
  if constexpr (kBytes == 16) {
    asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;" ::"r"(at), "l"(from), "r"(bytes)
                 : "memory");
  } else {
    asm volatile("cp.async.ca.shared.global [%0], [%1], %2, %3;" ::"r"(at), "l"(from), "n"(kBytes),
                 "r"(bytes)
                 : "memory");
  }
#else
  struct alignas(kBytes) Piece {
    uint32_t words[kBytes / 4];
  };
  *static_cast<Piece*>(to) = there ? *static_cast<const Piece*>(from) : Piece{};
#endif
}

// Ends the batch of what this thread has sent since the last one, of nothing too.
__device__ inline void end_batch() {
#if __CUDA_ARCH__ >= 800
  asm volatile("cp.async.commit_group;" ::: "memory");
#endif
}

// Until of this thread's batches all but the kLater latest have come.
template <int kLater>
__device__ inline void wait_for_batches() {
#if __CUDA_ARCH__ >= 800
  asm volatile("cp.async.wait_group %0;" ::"n"(kLater) : "memory");
#endif
}

#endif

// Steps that read what was sent for them into one of kBuffers buffers, which take turns:
// start(step, buffer) sends it. With several buffers the copies of the next steps are on their way
// while one is computed, and a step costs one barrier. All threads of the block take part.
template <int kBuffers, class Start>
class Pipeline {
 public:
  __device__ Pipeline(int steps, const Start& start) : steps_(steps), start_(start) {
    for (int step = 0; step < kAhead; ++step) send(step);
  }

  // Begins the next step, whose copies have come; returns its buffer, which stays as it is until
  // the thread begins the step after it.
  __device__ int next() {
    const int step = step_++;
    if constexpr (kBuffers == 1) {
      __syncthreads();  // the last step's values have been used
      send(step);
      wait_for_batches<0>();
      __syncthreads();
    } else {
      wait_for_batches<kAhead - 1>();
      __syncthreads();  // and the buffer that is filled next has been used
      send(step + kAhead);
    }
    return step % kBuffers;
  }

 private:
  static constexpr int kAhead = kBuffers - 1;

  __device__ void send(int step) {
    if (step < steps_) start_(step, step % kBuffers);
    end_batch();
  }

  const int steps_;
  const Start& start_;
  int step_ = 0;
};

// dest [kRows, kColumns], `stride` from row to row: the first `columns` of rows [0, rows), which
// begin at row_at(r); the rest 0, not read, but asked for, too. All these begin and end at
// multiples of 16 bytes. Sent by a block of kThreads threads.
template <int kRows, int kColumns, int kThreads, class T, class RowAt>
__device__ inline void send_rows(T* dest, int stride, int rows, int columns, const RowAt& row_at) {
  constexpr int kValues = 16 / static_cast<int>(sizeof(T));
  for_each_piece<kRows, kColumns, kValues, kThreads>([&](int row, int column) {
    send<16>(dest + row * stride + column, row_at(row) + column, row < rows && column < columns);
  });
}

}  // namespace e2lm::cuda
