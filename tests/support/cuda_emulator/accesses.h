#pragma once

// Every read and write of the emulated card's memory, watched: what compute-sanitizer's racecheck
// and memcheck look for on a real one. Kernel files are compiled with -fsanitize=thread, which
// calls a function before each access, and linked with the functions of accesses.cc in place of
// ThreadSanitizer's own, which knows neither warps nor blocks.
//
// Two accesses to the same bytes, one of them a write, by different threads of a launch are a race
//   in one block    unless __syncthreads stands between them, or in one warp __syncwarp. Shuffles
//   and
//                   matrix instructions order no memory.
//   in two blocks   always, but for shared memory.
// An access beyond a piece of the card's memory, or to the host's, is an error, too. Each ends the
// program with a message.

#include <cstddef>
#include <cstdint>

namespace e2lm::emulator {

// Who makes an access, and when.
struct Mark {
  uint32_t block = 0;      // counted over all launches, from 1
  uint32_t step = 0;       // barriers of the block that the thread has passed
  uint32_t warp_step = 0;  // of its warp
  uint16_t thread = 0;

  int warp() const { return thread / 32; }
};

// A thread of a kernel, as its accesses see it.
struct Accessor {
  Mark now;
  const char* stack = nullptr;  // its own variables, which nobody watches
  size_t stack_bytes = 0;
};

// Who makes the accesses of this thread of the host from now on; null: nobody.
void watch_accesses_of(const Accessor* accessor);

// Blocks up to here belong to earlier launches, which are ordered before this one.
void begin_launch(const char* kernel, uint32_t blocks_before);

// The memory of the block that runs now.
void watch_shared(const void* data, size_t bytes);
// A piece of the card's memory, from when it is taken to when it is given back.
void watch_device(const void* data, size_t bytes);
void unwatch_device(const void* data);

// One access of the current accessor, of those that the compiler does not see.
void note_read(const void* at, size_t bytes);
void note_write(const void* at, size_t bytes);

}  // namespace e2lm::emulator
