#pragma once

#include <cstdint>
#include <vector>

#include "scoring/curves/curve.h"

namespace e2lm {

// A checkpoint whose score stands apart from its neighbours'.
struct Outlier {
  int64_t point = 0;    // index
  double expected = 0;  // the median of the scores around it
};

// Points of a curve that no smooth curve with its noise would have: a damaged checkpoint, a cell
// scored with other settings. For each point but the two at either end, r is its distance from the
// median of itself and its two neighbours on each side (a smooth curve is its own median). The
// point is an outlier if |r| is
//   above 5 robust standard deviations of a score: the larger of 1.4826 times the median of |r|,
//   and
//     1.4826 / √2 times the median distance of a step between neighbours from the median step,
//   above 4 standard errors, where the point has one,
//   above 3 times any step between neighbouring points within the window that does not touch it,
// and the point is above or below both neighbours. The last point, which decides rankings, has no
// neighbours behind it: it is an outlier if it falls below the four before it by these measures.
//
// Of curves of independent normal noise, around a constant or a rise, 0.3 % have one (16 points;
// 0.7 % of 10 points, 0.1 % of 27); smooth curves have none. Of 16 noisy points on a rise, one that
// is 12 standard deviations off is found in 95 %. Curves of fewer than 7 points are not looked at.
// REQUIRES: by step, finite.
std::vector<Outlier> find_outliers(const Curve& curve);

}  // namespace e2lm
