#include "scoring/signal.h"

#include <Eigen/Core>
#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

namespace e2lm {
namespace {

using Eigen::ArrayXd;
using Values = Eigen::Map<const ArrayXd>;

// Pearson's correlation; none when a side is constant.
std::optional<double> correlation(const Eigen::Ref<const ArrayXd>& a,
                                  const Eigen::Ref<const ArrayXd>& b) {
  if (a.size() < 2 || (a == a[0]).all() || (b == b[0]).all()) return {};
  const ArrayXd x = a - a.mean(), y = b - b.mean();
  return (x * y).sum() / std::sqrt(x.square().sum() * y.square().sum());
}

// Ranks from 0, smallest first.
ArrayXd ranks(std::span<const double> values, TieRule rule) {
  const auto n = static_cast<int64_t>(values.size());
  std::vector<int64_t> order(n);
  std::iota(order.begin(), order.end(), 0);
  const bool later_first = rule == TieRule::reversed;
  std::sort(order.begin(), order.end(), [&](int64_t a, int64_t b) {
    if (values[a] != values[b]) return values[a] < values[b];
    return later_first ? a > b : a < b;
  });
  ArrayXd rank(n);
  for (int64_t i = 0; i < n; ++i) rank[order[i]] = static_cast<double>(i);
  if (rule == TieRule::stable || rule == TieRule::reversed) return rank;
  for (int64_t first = 0; first < n;) {
    int64_t last = first;
    while (last + 1 < n && values[order[last + 1]] == values[order[first]]) ++last;
    const double mean = static_cast<double>(first + last) / 2;
    for (; first <= last; ++first) rank[order[first]] = mean;
  }
  return rank;
}

std::optional<double> rank_correlation(std::span<const double> values, TieRule rule) {
  if (values.size() < 2) return {};
  const auto n = static_cast<double>(values.size());
  const ArrayXd index = ArrayXd::LinSpaced(std::ssize(values), 0.0, n - 1);
  const ArrayXd rank = ranks(values, rule);
  if (rule == TieRule::average) return correlation(index, rank);
  return 1.0 - 6.0 * (index - rank).square().sum() / (n * (n * n - 1.0));
}

std::optional<double> autocorrelation(std::span<const double> values, int64_t lags) {
  if (lags < 1) return {};
  const Values y(values.data(), std::ssize(values));
  double sum = 0;
  for (int64_t lag = 1; lag <= lags; ++lag) {
    const auto pearson = correlation(y.tail(y.size() - lag), y.head(y.size() - lag));
    if (!pearson) return {};
    sum += std::abs(*pearson);
  }
  return sum / static_cast<double>(lags);
}

int64_t count_tied(std::span<const double> values) {
  std::vector<double> sorted(values.begin(), values.end());
  std::sort(sorted.begin(), sorted.end());
  int64_t tied = 0;
  for (size_t i = 0; i < sorted.size(); ++i) {
    const bool before = i > 0 && sorted[i - 1] == sorted[i];
    const bool after = i + 1 < sorted.size() && sorted[i + 1] == sorted[i];
    tied += before || after;
  }
  return tied;
}

std::optional<double> combine(std::optional<double> rho, std::optional<double> correlation) {
  if (!rho || !correlation) return {};
  return (std::max(*rho, 0.0) + *correlation) / 2;
}

}  // namespace

SignalQuality signal_quality(std::span<const double> values, TieRule rule) {
  SignalQuality result{.n = std::ssize(values)};
  result.lags = std::max<int64_t>(0, result.n / 4 - 1);
  result.rho = rank_correlation(values, rule);
  if (result.rho) result.monotonicity = std::max(*result.rho, 0.0);
  result.autocorrelation = autocorrelation(values, result.lags);
  result.quality = combine(result.rho, result.autocorrelation);
  result.quality_min = combine(rank_correlation(values, TieRule::reversed), result.autocorrelation);
  result.quality_max = combine(rank_correlation(values, TieRule::stable), result.autocorrelation);
  result.tied_points = count_tied(values);
  return result;
}

}  // namespace e2lm
