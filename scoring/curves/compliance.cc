#include "scoring/curves/compliance.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>
#include <vector>

namespace e2lm {
namespace {

constexpr std::array<std::string_view, 3> kNames = {"gap_over_chance", "auc_gap", "effect_size"};

// What both curves have of a grid.
struct Common {
  Curve science, web;

  Common(const Curve& science_curve, const Curve& web_curve, const Grid& grid) {
    auto other = web_curve.begin();
    for (const CurvePoint& point : science_curve) {
      if (!grid.contains(point)) continue;
      while (other != web_curve.end() && other->step < point.step) ++other;
      if (other == web_curve.end() || other->step != point.step) continue;
      science.push_back(point);
      web.push_back(*other);
    }
  }
};

double mean(const Curve& curve) {
  double sum = 0;
  for (const CurvePoint& point : curve) sum += point.value;
  return sum / static_cast<double>(curve.size());
}

double variance(const Curve& curve, double mean) {
  double sum = 0;
  for (const CurvePoint& point : curve) sum += (point.value - mean) * (point.value - mean);
  return sum / static_cast<double>(curve.size() - 1);
}

// The mean of a curve over the tokens it spans; absent where it spans none.
std::optional<double> area_mean(const Curve& curve) {
  double area = 0;
  for (size_t i = 1; i < curve.size(); ++i) {
    area += (curve[i].value + curve[i - 1].value) / 2 * (curve[i].tokens - curve[i - 1].tokens);
  }
  const double span = curve.back().tokens - curve.front().tokens;
  if (!(span > 0)) return {};
  return area / span;
}

// Checkpoints answer the same items, so their errors do not average out.
double error_of_mean(const Curve& curve) {
  double sum = 0;
  for (const CurvePoint& point : curve) sum += point.standard_error.value_or(0);
  return sum / static_cast<double>(curve.size());
}

double share_of_gain(double science, double web, double chance, double error) {
  const double gain = science - chance;
  return gain > 2 * error ? std::clamp((science - web) / gain, 0.0, 1.0) : 0.0;
}

}  // namespace

std::string_view compliance_measure_name(ComplianceMeasure measure) {
  return kNames[static_cast<size_t>(measure)];
}

std::optional<ComplianceMeasure> find_compliance_measure(std::string_view name) {
  const auto found = std::find(kNames.begin(), kNames.end(), name);
  if (found == kNames.end()) return {};
  return static_cast<ComplianceMeasure>(found - kNames.begin());
}

std::optional<double> Compliance::score(ComplianceMeasure measure) const {
  switch (measure) {
    case ComplianceMeasure::gap_over_chance:
      return gap_over_chance;
    case ComplianceMeasure::auc_gap:
      return auc_gap;
    case ComplianceMeasure::effect_size:
      break;
  }
  if (!effect_size) return {};
  return std::max(0.0, std::erf(*effect_size / 2));  // erf(x) = 2 Φ(x √2) - 1
}

Compliance compliance(const Curve& science, const Curve& web, std::optional<double> chance,
                      const Grid& grid) {
  const Common common(science, web, grid);
  Compliance result{.points = std::ssize(common.science)};
  if (result.points == 0) return result;
  result.science_mean = mean(common.science);
  result.web_mean = mean(common.web);
  if (chance) {
    const double error = error_of_mean(common.science);
    result.gap_over_chance = share_of_gain(result.science_mean, result.web_mean, *chance, error);
    const auto science_area = area_mean(common.science), web_area = area_mean(common.web);
    if (science_area && web_area) {
      result.auc_gap = share_of_gain(*science_area, *web_area, *chance, error);
    }
  }
  if (result.points > 1) {
    const double spread = std::sqrt(
        (variance(common.science, result.science_mean) + variance(common.web, result.web_mean)) /
        2);
    // Below that it is the rounding of equal values.
    const double least = 1e-12 * (std::abs(result.science_mean) + std::abs(result.web_mean));
    const double size = (result.science_mean - result.web_mean) / spread;
    if (spread > least && std::isfinite(size)) result.effect_size = size;
  }
  return result;
}

}  // namespace e2lm
