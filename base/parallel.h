#pragma once

#include <cstdint>
#include <functional>

namespace e2lm {

// Calls `work(first, last)` over [0, count) cut into pieces of at most `grain`, on up to `threads`
// threads, and returns when all pieces are done. Pieces are handed out as threads become free, so
// `work` must not depend on which thread runs what. An exception in a piece is thrown again here.
//
// Libraries that have threads of their own (oneDNN) are held to one inside and outside of `work`:
// the thread count never changes how a sum is taken.
void parallel_for(int threads, int64_t count, int64_t grain,
                  const std::function<void(int64_t first, int64_t last)>& work);

// Threads this process may use: the processors it is allowed to run on.
int available_threads();

}  // namespace e2lm
