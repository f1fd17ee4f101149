#pragma once

#include <cstdint>
#include <vector>

namespace e2lm {

// What signal quality noise alone would score: curves of independent normal values with as many
// points as the real ones, many times over, the mean quality of all curves at a time. The absolute
// value in the autocorrelation and the floor of the monotonicity put it well above zero.
class NoiseSignal {
 public:
  // One entry per curve, its number of points. REQUIRES: at least one, each >= 8.
  // The same seed gives the same distribution.
  explicit NoiseSignal(const std::vector<int64_t>& points, uint64_t seed = kSeed,
                       int64_t draws = kDraws);

  double mean() const;

  // The chance that noise scores at least this: (1 + draws as high) / (1 + draws).
  double p_value(double quality) const;

  static constexpr uint64_t kSeed = 1234;
  static constexpr int64_t kDraws = 10'000;

 private:
  std::vector<double> qualities_;  // sorted
};

}  // namespace e2lm
