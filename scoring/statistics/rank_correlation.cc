#include "scoring/statistics/rank_correlation.h"

#include <Eigen/Core>
#include <algorithm>
#include <array>
#include <cassert>
#include <cmath>
#include <numeric>

namespace e2lm {
namespace {

constexpr std::array<std::string_view, 4> kNames = {"stable", "reversed", "average_d2",
                                                    "average_pearson"};

// Indices of the values, smallest first; of equal ones the earlier first, or the later. Sorted
// beside their values: to look each up costs more than to move it.
std::vector<int32_t> sorted_order(std::span<const double> values, bool later_first) {
  struct Place {
    double value;
    int32_t index;
  };
  std::vector<Place> places(values.size());
  for (size_t i = 0; i < values.size(); ++i) places[i] = {values[i], static_cast<int32_t>(i)};
  std::sort(places.begin(), places.end(), [later_first](const Place& a, const Place& b) {
    if (a.value != b.value) return a.value < b.value;
    return later_first ? a.index > b.index : a.index < b.index;
  });
  std::vector<int32_t> order;
  order.reserve(places.size());
  for (const Place& place : places) order.push_back(place.index);
  return order;
}

bool is_constant(std::span<const double> values) {
  return std::all_of(values.begin(), values.end(), [&](double v) { return v == values.front(); });
}

double from_squares(double squares, double n) {
  return 1.0 - 6.0 * squares / (n * (n * n - 1.0));
}

}  // namespace

std::string_view tie_rule_name(TieRule rule) {
  return kNames[static_cast<size_t>(rule)];
}

std::optional<TieRule> find_tie_rule(std::string_view name) {
  const auto found = std::find(kNames.begin(), kNames.end(), name);
  if (found == kNames.end()) return {};
  return static_cast<TieRule>(found - kNames.begin());
}

std::vector<double> ranks(std::span<const double> values, TieRule rule) {
  const auto n = std::ssize(values);
  const std::vector<int32_t> order = sorted_order(values, rule == TieRule::reversed);
  std::vector<double> rank(n);
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

std::optional<double> pearson(std::span<const double> a, std::span<const double> b) {
  assert(a.size() == b.size());
  if (a.size() < 2 || is_constant(a) || is_constant(b)) return {};
  using Values = Eigen::Map<const Eigen::ArrayXd>;
  const Values x(a.data(), std::ssize(a)), y(b.data(), std::ssize(b));
  const double x_mean = x.mean(), y_mean = y.mean();
  const double product = ((x - x_mean) * (y - y_mean)).sum();
  const double scale =
      std::sqrt((x - x_mean).square().sum()) * std::sqrt((y - y_mean).square().sum());
  const double result = product / scale;
  if (!std::isfinite(result)) return {};  // the squares vanish or overflow
  return result;
}

std::optional<double> rank_correlation(std::span<const double> values, TieRule rule) {
  if (values.size() < 2) return {};
  const auto n = static_cast<double>(values.size());
  double squares = 0;
  if (rule == TieRule::stable || rule == TieRule::reversed) {
    const std::vector<int32_t> order = sorted_order(values, rule == TieRule::reversed);
    for (size_t r = 0; r < order.size(); ++r) {
      const double difference = order[r] - static_cast<double>(r);
      squares += difference * difference;
    }
    return from_squares(squares, n);
  }
  const std::vector<double> rank = ranks(values, rule);
  std::vector<double> index(values.size());
  std::iota(index.begin(), index.end(), 0.0);
  if (rule == TieRule::average_pearson) return pearson(index, rank);
  for (size_t i = 0; i < rank.size(); ++i) squares += (index[i] - rank[i]) * (index[i] - rank[i]);
  return from_squares(squares, n);
}

std::optional<double> spearman(std::span<const double> a, std::span<const double> b) {
  return pearson(ranks(a, TieRule::average_pearson), ranks(b, TieRule::average_pearson));
}

TieCount count_ties(std::span<const double> values) {
  std::vector<double> sorted(values.begin(), values.end());
  std::sort(sorted.begin(), sorted.end());
  TieCount ties;
  for (auto first = sorted.begin(); first != sorted.end();) {
    const auto end = std::upper_bound(first, sorted.end(), *first);
    if (end - first > 1) {
      ++ties.groups;
      ties.points += end - first;
      ties.orders *= std::round(std::tgamma(static_cast<double>(end - first) + 1));
    }
    first = end;
  }
  return ties;
}

}  // namespace e2lm
