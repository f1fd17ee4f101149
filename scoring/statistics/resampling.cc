#include "scoring/statistics/resampling.h"

#include <algorithm>
#include <cassert>

#include "base/parallel.h"
#include "scoring/statistics/random_stream.h"

namespace e2lm {

std::vector<double> resampled_means(std::span<const double> values, int64_t draws, uint64_t seed,
                                    int threads) {
  assert(!values.empty() && values.size() < (1ULL << 32));
  std::vector<double> means(draws);
  const auto n = static_cast<uint32_t>(values.size());
  parallel_for(threads, draws, 100, [&](int64_t first, int64_t last) {
    for (int64_t draw = first; draw < last; ++draw) {
      RandomStream random(seed, draw);
      double sum = 0;
      for (uint32_t i = 0; i < n; ++i) sum += values[random.below(n)];
      means[draw] = sum / static_cast<double>(n);
    }
  });
  std::sort(means.begin(), means.end());
  return means;
}

}  // namespace e2lm
