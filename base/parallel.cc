#include "base/parallel.h"

#include <omp.h>
#include <sched.h>

#include <algorithm>
#include <exception>
#include <mutex>

namespace e2lm {

void parallel_for(int threads, int64_t count, int64_t grain,
                  const std::function<void(int64_t, int64_t)>& work) {
  const int64_t pieces = (count + grain - 1) / grain;
  const int team = static_cast<int>(std::clamp<int64_t>(pieces, 1, threads));
  omp_set_num_threads(1);  // inherited by the team below: what `work` calls stays on its thread
  std::exception_ptr failure;
  std::mutex failure_mutex;
#pragma omp parallel for schedule(dynamic) num_threads(team)
  for (int64_t piece = 0; piece < pieces; ++piece) {
    try {
      work(piece * grain, std::min(count, (piece + 1) * grain));
    } catch (...) {
      const std::lock_guard lock(failure_mutex);
      if (!failure) failure = std::current_exception();
    }
  }
  if (failure) std::rethrow_exception(failure);
}

int available_threads() {
  cpu_set_t set;
  CPU_ZERO(&set);
  return ::sched_getaffinity(0, sizeof set, &set) == 0 ? std::max(1, CPU_COUNT(&set)) : 1;
}

}  // namespace e2lm
