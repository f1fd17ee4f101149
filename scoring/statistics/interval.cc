#include "scoring/statistics/interval.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <vector>

namespace e2lm {
namespace {

// The value at a place between two of them. REQUIRES: sorted, at least one value.
double value_at(const std::vector<double>& sorted, double place) {
  const auto below = static_cast<size_t>(place);
  const size_t above = std::min(below + 1, sorted.size() - 1);
  return sorted[below] + (place - std::floor(place)) * (sorted[above] - sorted[below]);
}

}  // namespace

std::optional<Interval> percentile_interval(std::span<const double> values, double confidence) {
  std::vector<double> defined;
  std::copy_if(values.begin(), values.end(), std::back_inserter(defined),
               [](double value) { return !std::isnan(value); });
  if (defined.empty() || defined.size() * 2 < values.size()) return {};
  std::sort(defined.begin(), defined.end());
  // The lower end is counted from the top: 0.95 has no exact half of its rest.
  const auto last = static_cast<double>(defined.size() - 1);
  const double upper = (1 + confidence) / 2 * last;
  return Interval{value_at(defined, last - upper), value_at(defined, upper)};
}

}  // namespace e2lm
