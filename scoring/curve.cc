#include "scoring/curve.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>

namespace e2lm {
namespace {

std::string count_tokens(double tokens) {
  if (tokens >= 1e9) return fmt::format("{:g} billion", tokens / 1e9);
  if (tokens >= 1e6) return fmt::format("{:g} million", tokens / 1e6);
  return fmt::format("{:g}", tokens);
}

}  // namespace

bool Grid::contains(const CurvePoint& point) const {
  return point.tokens > min_tokens && point.tokens <= max_tokens && point.step % step_multiple == 0;
}

std::string Grid::describe() const {
  std::vector<std::string> parts;
  if (step_multiple > 1) parts.push_back(fmt::format("steps divisible by {}", step_multiple));
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

}  // namespace e2lm
