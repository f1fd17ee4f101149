#include "scoring/null_model.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <numbers>
#include <numeric>
#include <random>

#include "scoring/signal.h"

namespace e2lm {
namespace {

// Standard normal values by Box and Muller; std::normal_distribution may differ between libraries.
class Normal {
 public:
  explicit Normal(uint64_t seed) : random_(seed) {}

  double operator()() {
    const double radius = std::sqrt(-2.0 * std::log(uniform()));
    return radius * std::cos(2.0 * std::numbers::pi * uniform());
  }

 private:
  double uniform() { return (static_cast<double>(random_() >> 11) + 0.5) * 0x1p-53; }  // in (0, 1)

  std::mt19937_64 random_;
};

}  // namespace

NoiseSignal::NoiseSignal(const std::vector<int64_t>& points, uint64_t seed, int64_t draws) {
  assert(!points.empty());
  Normal normal(seed);
  std::vector<double> curve;
  for (int64_t draw = 0; draw < draws; ++draw) {
    double sum = 0;
    for (const int64_t n : points) {
      assert(n >= 8);
      curve.resize(n);
      std::generate(curve.begin(), curve.end(), [&normal] { return normal(); });
      sum += *signal_quality(curve).quality;
    }
    qualities_.push_back(sum / static_cast<double>(points.size()));
  }
  std::sort(qualities_.begin(), qualities_.end());
}

double NoiseSignal::mean() const {
  return std::accumulate(qualities_.begin(), qualities_.end(), 0.0) /
         static_cast<double>(qualities_.size());
}

double NoiseSignal::p_value(double quality) const {
  const auto as_high = std::lower_bound(qualities_.begin(), qualities_.end(), quality);
  return (1.0 + static_cast<double>(qualities_.end() - as_high)) /
         (1.0 + static_cast<double>(qualities_.size()));
}

}  // namespace e2lm
