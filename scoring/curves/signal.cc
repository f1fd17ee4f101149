#include "scoring/curves/signal.h"

#include <algorithm>

#include "scoring/statistics/autocorrelation.h"

namespace e2lm {
namespace {

std::optional<double> autocorrelation(std::span<const double> values) {
  return mean_autocorrelation(values, signal_lags(std::ssize(values)));
}

RankedQuality ranked(std::optional<double> rho, std::optional<double> autocorrelation) {
  RankedQuality result{.rho = rho};
  if (rho) result.monotonicity = std::max(*rho, 0.0);
  if (rho && autocorrelation) result.quality = (*result.monotonicity + *autocorrelation) / 2;
  return result;
}

TieReport tie_report(std::span<const double> values, std::optional<double> autocorrelation) {
  const auto under = [&](TieRule rule) {
    return ranked(rank_correlation(values, rule), autocorrelation);
  };
  const TieCount ties = count_ties(values);
  TieReport report{.stable = under(TieRule::stable),
                   .reversed = under(TieRule::reversed),
                   .average_d2 = under(TieRule::average_d2),
                   .average_pearson = under(TieRule::average_pearson),
                   .groups = ties.groups,
                   .points = ties.points,
                   .orders = ties.orders};
  report.min = report.reversed;
  report.max = report.stable;
  return report;
}

const RankedQuality& choose(const TieReport& ties, TieRule rule) {
  switch (rule) {
    case TieRule::reversed:
      return ties.reversed;
    case TieRule::average_d2:
      return ties.average_d2;
    case TieRule::average_pearson:
      return ties.average_pearson;
    case TieRule::stable:
      break;
  }
  return ties.stable;
}

}  // namespace

int64_t signal_lags(int64_t n) {
  return std::max<int64_t>(0, n / 4 - 1);
}

SignalQuality signal_quality(std::span<const double> values, TieRule rule) {
  SignalQuality result{
      .n = std::ssize(values), .lags = signal_lags(std::ssize(values)), .rule = rule};
  if (!values.empty()) {
    result.first = values.front();
    result.last = values.back();
  }
  result.autocorrelation = autocorrelation(values);
  result.ties = tie_report(values, result.autocorrelation);
  const RankedQuality& chosen = choose(result.ties, rule);
  result.rho = chosen.rho;
  result.monotonicity = chosen.monotonicity;
  result.quality = chosen.quality;
  result.quality_min = result.ties.min.quality;
  result.quality_max = result.ties.max.quality;
  result.tied_points = result.ties.points;
  return result;
}

std::optional<double> quality_alone(std::span<const double> values, TieRule rule) {
  const auto correlation = autocorrelation(values);
  if (!correlation) return {};
  return ranked(rank_correlation(values, rule), correlation).quality;
}

}  // namespace e2lm
