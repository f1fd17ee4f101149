#include "scoring/items/paired.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <numeric>
#include <vector>

#include "scoring/metrics/statistic.h"
#include "scoring/statistics/distribution.h"
#include "scoring/statistics/resampling.h"

namespace e2lm {
namespace {

double mean_of(std::span<const double> values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

bool all_zero_or_one(std::span<const double> values) {
  return std::all_of(values.begin(), values.end(), [](double v) { return v == 0 || v == 1; });
}

int64_t count_ones(std::span<const double> values) {
  return std::count(values.begin(), values.end(), 1.0);
}

double two_sided_p(std::span<const double> sorted_means) {
  const auto low = std::lower_bound(sorted_means.begin(), sorted_means.end(), 0.0);
  const auto high = std::upper_bound(sorted_means.begin(), sorted_means.end(), 0.0);
  const auto rarer = std::min(high - sorted_means.begin(), sorted_means.end() - low);
  return std::min(1.0, 2.0 * (1.0 + static_cast<double>(rarer)) /
                           (1.0 + static_cast<double>(sorted_means.size())));
}

void add_spread(std::span<const double> differences, const PairedRules& rules,
                PairedComparison& result) {
  const auto n = static_cast<double>(differences.size());
  const std::vector<double> means =
      resampled_means(differences, rules.draws, rules.seed, rules.threads);
  result.bootstrap = percentile_interval(means, rules.confidence);
  result.bootstrap_p = two_sided_p(means);
  const auto [smallest, largest] = std::minmax_element(differences.begin(), differences.end());
  // Rounding may leave equal numbers a deviation.
  const double deviation = *smallest == *largest ? 0 : sample_deviation(differences);
  result.standard_error = deviation / std::sqrt(n);
  if (deviation == 0) return;
  result.t = result.difference / *result.standard_error;
  result.t_p = 2 * student_cdf(-std::abs(*result.t), n - 1);
  const double width = student_quantile((1 + rules.confidence) / 2, n - 1) * *result.standard_error;
  result.interval = Interval{result.difference - width, result.difference + width};
  const double reach = normal_quantile((1 + rules.confidence) / 2) + normal_quantile(rules.power);
  result.detectable = reach * *result.standard_error;
  if (result.difference != 0) {
    const double needed = std::ceil(std::pow(reach * deviation / result.difference, 2));
    if (needed < 1e15) result.items_needed = static_cast<int64_t>(needed);
  }
}

// Tango's score: how many standard errors, if `difference` is the true one, what was seen is above
// it. Falls as the difference rises.
double tango_score(double only_a, double only_b, double items, double difference) {
  // The likeliest share of items that A alone has right, given the difference: the larger root.
  const double linear = (2 * items - only_b + only_a) * difference - only_a - only_b;
  const double root = std::sqrt(
      std::max(0.0, linear * linear + 8 * items * only_a * difference * (1 - difference)));
  const double only_a_share = (root - linear) / (4 * items);
  const double above = only_b - only_a - items * difference;
  if (above == 0) return 0;
  const double variance = items * (2 * only_a_share + difference * (1 - difference));
  return above / std::sqrt(std::max(0.0, variance));
}

}  // namespace

McNemar mcnemar(int64_t only_a, int64_t only_b) {
  McNemar result{.only_a = only_a, .only_b = only_b};
  const int64_t tosses = only_a + only_b, fewer = std::min(only_a, only_b);
  if (tosses == 0) return result;
  const double seen = coin_mass(fewer, tosses);
  result.exact_p = std::min(1.0, 2 * coin_cdf(fewer, tosses));
  result.mid_p = only_a == only_b ? 1 - seen / 2 : 2 * coin_cdf(fewer, tosses) - seen;
  return result;
}

Interval tango_interval(int64_t only_a, int64_t only_b, int64_t items, double confidence) {
  assert(items > 0 && only_a >= 0 && only_b >= 0 && only_a + only_b <= items);
  const double z = normal_quantile((1 + confidence) / 2);
  const auto a = static_cast<double>(only_a), b = static_cast<double>(only_b);
  const auto n = static_cast<double>(items);
  const auto where = [&](double low, double high, double score) {
    constexpr int kHalvings = 60;  // a double has no more
    for (int i = 0; i < kHalvings; ++i) {
      const double middle = (low + high) / 2;
      (tango_score(a, b, n, middle) > score ? low : high) = middle;
    }
    return (low + high) / 2;
  };
  const double seen = (b - a) / n;
  // The ends that are exact; halving would miss them.
  return {only_a == items ? -1 : where(-1, seen, z), only_b == items ? 1 : where(seen, 1, -z)};
}

Interval wilson_interval(int64_t right, int64_t items, double confidence) {
  assert(items > 0 && right >= 0 && right <= items);
  const double z = normal_quantile((1 + confidence) / 2);
  const auto n = static_cast<double>(items);
  const double share = static_cast<double>(right) / n;
  const double centre = (share + z * z / (2 * n)) / (1 + z * z / n);
  const double half =
      z / (1 + z * z / n) * std::sqrt(share * (1 - share) / n + z * z / (4 * n * n));
  // The ends that are exact; rounding would miss them.
  return {right == 0 ? 0 : centre - half, right == items ? 1 : centre + half};
}

std::optional<double> PairedComparison::p() const {
  if (mcnemar) return mcnemar->exact_p;
  if (t_p || items == 1) return t_p;
  return identical ? 1 : std::exp2(static_cast<double>(1 - items));
}

PairedComparison compare_pairs(std::span<const double> a, std::span<const double> b,
                               const PairedRules& rules) {
  assert(!a.empty() && a.size() == b.size() && rules.draws >= 1);
  std::vector<double> differences(a.size());
  std::transform(a.begin(), a.end(), b.begin(), differences.begin(),
                 [](double of_a, double of_b) { return of_b - of_a; });
  PairedComparison result{.items = std::ssize(a), .a = mean_of(a), .b = mean_of(b)};
  result.difference = mean_of(differences);
  result.identical = std::all_of(differences.begin(), differences.end(),
                                 [](double difference) { return difference == 0; });
  if (result.items > 1) add_spread(differences, rules, result);
  if (all_zero_or_one(a) && all_zero_or_one(b)) {
    result.mcnemar = mcnemar(std::count(differences.begin(), differences.end(), -1.0),
                             std::count(differences.begin(), differences.end(), 1.0));
    if (result.items > 1) {
      result.interval = tango_interval(result.mcnemar->only_a, result.mcnemar->only_b, result.items,
                                       rules.confidence);
    }
    result.wilson_a = wilson_interval(count_ones(a), result.items, rules.confidence);
    result.wilson_b = wilson_interval(count_ones(b), result.items, rules.confidence);
  }
  return result;
}

}  // namespace e2lm
