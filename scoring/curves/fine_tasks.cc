#include "scoring/curves/fine_tasks.h"

#include <algorithm>
#include <cmath>

#include "scoring/curves/rank_agreement.h"
#include "scoring/curves/signal_to_noise.h"
#include "scoring/statistics/rank_correlation.h"

namespace e2lm {
namespace {

std::vector<double> scores_at(std::span<const Curve> models, size_t point) {
  std::vector<double> scores;
  for (const Curve& model : models) scores.push_back(model[point].value);
  return scores;
}

}  // namespace

FineTasksCurve fine_tasks(const Curve& curve, std::optional<double> chance) {
  const std::vector<double> values = values_of(curve);
  FineTasksCurve result{.monotonicity = rank_correlation(values, TieRule::average_pearson)};
  if (values.size() < 2) return result;
  const auto last = std::span(values).last(std::min<size_t>(kLastOfCurve, values.size()));
  const Spread spread = spread_of(last);
  if (spread.deviation == 0) return result;
  result.snr = std::abs(spread.mean) / spread.deviation;
  if (chance) {
    const double best = *std::max_element(values.begin(), values.end());
    result.non_randomness = (best - *chance) / spread.deviation;
  }
  return result;
}

ModelOrdering model_ordering(std::span<const Curve> models, double from_tokens) {
  ModelOrdering result;
  if (models.size() < 2) return result;
  double tau_a = 0, tau_b = 0;
  int64_t with_tau_b = 0;
  std::vector<double> before;
  for (size_t p = 0; p < models.front().size(); ++p) {
    if (!(models.front()[p].tokens > from_tokens)) continue;
    result.steps.push_back(models.front()[p].step);
    std::vector<double> scores = scores_at(models, p);
    if (!before.empty()) {
      ++result.pairs;
      tau_a += kendall_tau_a(before, scores);
      if (const auto tau = kendall_tau_b(before, scores)) {
        tau_b += *tau;
        ++with_tau_b;
      }
    }
    before = std::move(scores);
  }
  if (result.pairs > 0) result.kendall_tau_a = tau_a / static_cast<double>(result.pairs);
  if (with_tau_b > 0) result.kendall_tau_b = tau_b / static_cast<double>(with_tau_b);
  return result;
}

}  // namespace e2lm
