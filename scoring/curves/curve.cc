#include "scoring/curves/curve.h"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <cmath>
#include <iterator>
#include <utility>

namespace e2lm {
namespace {

std::string count_tokens(double tokens) {
  if (tokens >= 1e9) return fmt::format("{:g} billion", tokens / 1e9);
  if (tokens >= 1e6) return fmt::format("{:g} million", tokens / 1e6);
  return fmt::format("{:g}", tokens);
}

}  // namespace

bool Grid::contains(const CurvePoint& point) const {
  return (min_tokens <= 0 || point.tokens > min_tokens) && point.tokens <= max_tokens &&
         point.step % step_multiple == 0 && point.step >= min_step && point.step <= max_step;
}

std::string Grid::describe() const {
  std::vector<std::string> parts;
  if (step_multiple > 1) parts.push_back(fmt::format("steps divisible by {}", step_multiple));
  if (min_step > 0) parts.push_back(fmt::format("steps from {}", min_step));
  if (max_step < std::numeric_limits<int64_t>::max()) {
    parts.push_back(fmt::format("steps to {}", max_step));
  }
  if (min_tokens > 0) parts.push_back(fmt::format("more than {} tokens", count_tokens(min_tokens)));
  if (std::isfinite(max_tokens)) {
    parts.push_back(fmt::format("at most {} tokens", count_tokens(max_tokens)));
  }
  return parts.empty() ? "all checkpoints" : fmt::format("{}", fmt::join(parts, ", "));
}

Curve select(const Curve& curve, const Grid& grid) {
  Curve selected;
  std::copy_if(curve.begin(), curve.end(), std::back_inserter(selected),
               [&grid](const CurvePoint& point) { return grid.contains(point); });
  return selected;
}

std::vector<double> values_of(const Curve& curve) {
  std::vector<double> values;
  for (const CurvePoint& point : curve) values.push_back(point.value);
  return values;
}

std::vector<int64_t> common_steps(std::span<const Curve> curves) {
  std::vector<int64_t> common;
  for (size_t c = 0; c < curves.size(); ++c) {
    std::vector<int64_t> steps, both;
    for (const CurvePoint& point : curves[c]) steps.push_back(point.step);
    if (c == 0) {
      common = std::move(steps);
      continue;
    }
    std::set_intersection(common.begin(), common.end(), steps.begin(), steps.end(),
                          std::back_inserter(both));
    common = std::move(both);
  }
  return common;
}

Curve at_steps(const Curve& curve, std::span<const int64_t> steps) {
  Curve selected;
  auto point = curve.begin();
  for (const int64_t step : steps) {
    while (point != curve.end() && point->step < step) ++point;
    assert(point != curve.end() && point->step == step);
    selected.push_back(*point);
  }
  return selected;
}

}  // namespace e2lm
