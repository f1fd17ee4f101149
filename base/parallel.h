#pragma once

#include <cstdint>
#include <functional>

namespace e2lm {

// Calls `work(first, last)` over [0, count) cut into pieces of at most `grain`, on up to `threads`
// threads, and returns when all pieces are done. Pieces are handed out as threads become free, so
// `work` must not depend on which thread runs what. An exception in a piece is thrown again here;
// of several that of the first piece.
//
// Libraries are held to one thread inside and outside of `work`.
void parallel_for(int threads, int64_t count, int64_t grain,
                  const std::function<void(int64_t first, int64_t last)>& work);

// Holds libraries that have threads of their own (oneDNN) to the calling thread, for good: the
// number of processors never changes how a sum is taken, and none of them waits for another.
void hold_libraries_to_one_thread();

// Threads this process may use: the processors it is allowed to run on, and no more than its
// container or batch job has time of.
int available_threads();

}  // namespace e2lm
