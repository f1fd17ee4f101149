#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace e2lm {

// A score at one checkpoint.
struct CurvePoint {
  int64_t step = 0;
  double tokens = 0;
  double value = 0;
  std::optional<double> standard_error;  // absent where it is not known
};

// Scores of one series on one task by one metric, by training step.
using Curve = std::vector<CurvePoint>;

// The checkpoints a measure looks at: more than `min_tokens` (0: any number, so that the step 0 of
// a series counts), at most `max_tokens`, steps divisible by `step_multiple`, from `min_step` to
// `max_step`. The competition's early grid is {.max_tokens = 206e9, .step_multiple = 4000}, its
// late one {.min_tokens = 206e9, .max_tokens = 1000e9}.
struct Grid {
  double min_tokens = 0;
  double max_tokens = std::numeric_limits<double>::infinity();
  int64_t step_multiple = 1;
  int64_t min_step = 0;
  int64_t max_step = std::numeric_limits<int64_t>::max();

  bool contains(const CurvePoint& point) const;
  std::string describe() const;  // "steps divisible by 4000, at most 206 billion tokens"
};

Curve select(const Curve& curve, const Grid& grid);

std::vector<double> values_of(const Curve& curve);

// The steps that every curve has, in order; none without curves. REQUIRES: each by step.
std::vector<int64_t> common_steps(std::span<const Curve> curves);

// The points at these steps. REQUIRES: both in order, and a point at each.
Curve at_steps(const Curve& curve, std::span<const int64_t> steps);

}  // namespace e2lm
