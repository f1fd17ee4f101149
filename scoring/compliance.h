#pragma once

#include <optional>

#include "scoring/curve.h"

namespace e2lm {

// How much of a benchmark's gain over guessing needs science in the training text: a model trained
// on a science mix against one trained on web text alone. The competition's own formula is not
// public; this is ours, called gap_over_chance, and not official.
//
//   gap_over_chance = clamp(Σ_t (science_t - web_t) / Σ_t (science_t - chance), 0, 1)
//
// over the checkpoints of `grid` that both curves have. 1: the web model never leaves chance;
// 0: the web model does as well or better. Where the science model itself is not above chance by
// two standard errors of its mean there is nothing to attribute, and the measure is 0.
struct Compliance {
  int64_t points = 0;
  double science_mean = 0;
  double web_mean = 0;
  std::optional<double> gap_over_chance;  // absent without common points
};

Compliance compliance(const Curve& science, const Curve& web, double chance, const Grid& grid);

}  // namespace e2lm
