#pragma once

#include <optional>
#include <span>

namespace e2lm {

// From `low` to `high`; where nothing else is said, of 95 %.
struct Interval {
  double low = 0;
  double high = 0;
};

// The percentiles (by default 2.5 and 97.5) between which the middle `confidence` lies of what a
// number came to in each draw of a bootstrap, interpolated between neighbours as numpy.percentile
// does. NaN stands for a draw in which the number is not defined (a constant stretch has no
// correlation); such draws are left out, and where more than half of them are there is no interval.
std::optional<Interval> percentile_interval(std::span<const double> values,
                                            double confidence = 0.95);

}  // namespace e2lm
