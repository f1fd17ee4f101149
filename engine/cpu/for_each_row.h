#pragma once

#include "base/parallel.h"
#include "engine/cpu/simd.h"

namespace e2lm::cpu {

constexpr int64_t kRowGrain = 32;  // rows a thread takes at once: enough to hide the hand-over

// Runs body(Floats{}, r), a lambda marked E2LM_INLINE, for rows [0, rows) (see dispatch).
template <typename Body>
void for_each_row(int threads, Isa isa, int64_t rows, const Body& body) {
  parallel_for(threads, rows, kRowGrain, [&](int64_t first, int64_t last) {
    dispatch(isa, [&](auto lanes) E2LM_INLINE {
      for (int64_t r = first; r < last; ++r) body(lanes, r);
    });
  });
}

}  // namespace e2lm::cpu
