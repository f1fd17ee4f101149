#include "scoring/items/selection_score.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <limits>
#include <numeric>

#include "scoring/curves/signal.h"

namespace e2lm {
namespace {

// The last third of a series, at least two.
std::span<const int64_t> late_rows(const std::vector<int64_t>& rows) {
  const size_t count = std::min(rows.size(), std::max<size_t>(2, rows.size() / 3));
  return std::span(rows).last(count);
}

struct SpreadAndNoise {
  double spread = 0, variance = 0;
};

SpreadAndNoise spread_and_noise(const SeriesRows& series, std::span<const double> values) {
  double lowest = std::numeric_limits<double>::infinity(), highest = -lowest, variance = 0;
  for (const std::vector<int64_t>& rows : series) {
    const std::span<const int64_t> late = late_rows(rows);
    const auto n = static_cast<double>(late.size());
    double sum = 0, square = 0;
    for (const int64_t row : late) sum += values[row];
    for (const int64_t row : late) square += std::pow(values[row] - sum / n, 2);
    lowest = std::min(lowest, sum / n);
    highest = std::max(highest, sum / n);
    variance += square / n;
  }
  return {highest - lowest, variance / static_cast<double>(series.size())};
}

// A series whose scores stay the same counts as 0 beside others, as in a task's signal.
std::optional<double> mean_quality(const SeriesRows& series, std::span<const double> sums) {
  double total = 0;
  int64_t count = 0;
  bool any = false;
  for (const std::vector<int64_t>& rows : series) {
    if (signal_lags(std::ssize(rows)) <= 0) continue;
    std::vector<double> curve;
    for (const int64_t row : rows) curve.push_back(sums[row]);
    const auto quality = quality_alone(curve, TieRule::stable);
    any = any || quality;
    total += quality.value_or(0);
    ++count;
  }
  return any ? total / static_cast<double>(count) : std::optional<double>();
}

}  // namespace

std::optional<double> selection_score(SelectionGoal goal, const SeriesRows& rows,
                                      std::span<const double> sums) {
  assert(goal != SelectionGoal::discrimination);
  if (rows.empty()) return {};
  if (goal == SelectionGoal::signal_quality) return mean_quality(rows, sums);
  const SpreadAndNoise both = spread_and_noise(rows, sums);
  if (both.variance <= 0) return {};
  return both.spread / std::sqrt(both.variance);
}

TrialScore::TrialScore(SelectionGoal goal, const SeriesRows& rows, double item_variance)
    : goal_(goal), rows_(rows), item_variance_(item_variance) {}

double TrialScore::operator()(std::span<const double> sums, std::span<const float> item) {
  row_.resize(sums.size());
  for (size_t r = 0; r < sums.size(); ++r) row_[r] = sums[r] + static_cast<double>(item[r]);
  if (goal_ == SelectionGoal::signal_to_noise) return signal_to_noise();
  double total = 0;
  for (const std::vector<int64_t>& rows : rows_) total += quality(rows);
  return total / static_cast<double>(rows_.size());
}

double TrialScore::signal_to_noise() {
  const SpreadAndNoise both = spread_and_noise(rows_, row_);
  return both.spread / std::sqrt(both.variance + item_variance_);
}

double TrialScore::quality(const std::vector<int64_t>& rows) {
  const size_t n = rows.size();
  if (n < 8) return 0;
  curve_.resize(n);
  double mean = 0;
  for (size_t t = 0; t < n; ++t) mean += curve_[t] = row_[rows[t]];
  mean /= static_cast<double>(n);
  // Nearer to zero the sums of squares below lose fewer digits.
  for (double& value : curve_) value -= mean;
  return (rank_correlation(n) + autocorrelation(n)) / 2;
}

// Pearson's correlation of average ranks with time; 0 where all values are equal.
double TrialScore::rank_correlation(size_t n) {
  order_.resize(n);
  for (size_t t = 0; t < n; ++t) order_[t] = {curve_[t], static_cast<int64_t>(t)};
  std::sort(order_.begin(), order_.end());
  const double middle = static_cast<double>(n - 1) / 2;
  double with_time = 0, square = 0;
  for (size_t first = 0; first < n;) {
    size_t last = first + 1;
    double times = static_cast<double>(order_[first].second) - middle;
    while (last < n && order_[last].first == order_[first].first) {
      times += static_cast<double>(order_[last++].second) - middle;
    }
    const double rank = static_cast<double>(first + last - 1) / 2 - middle;
    with_time += rank * times;
    square += rank * rank * static_cast<double>(last - first);
    first = last;
  }
  const auto count = static_cast<double>(n);
  const double time_square = count * (count * count - 1) / 12;
  return square > 0 ? with_time / std::sqrt(square * time_square) : 0;
}

// Mean over the lags of |Pearson of the curve with itself|, by running sums.
double TrialScore::autocorrelation(size_t n) {
  sum_.assign(1, 0);
  square_.assign(1, 0);
  for (size_t t = 0; t < n; ++t) {
    sum_.push_back(sum_[t] + curve_[t]);
    square_.push_back(square_[t] + curve_[t] * curve_[t]);
  }
  const size_t lags = n / 4 - 1;
  double total = 0;
  for (size_t lag = 1; lag <= lags; ++lag) {
    const size_t length = n - lag;
    const auto count = static_cast<double>(length);
    const double late = sum_[n] - sum_[lag], early = sum_[length];
    const double late_square = square_[n] - square_[lag] - late * late / count;
    const double early_square = square_[length] - early * early / count;
    double product = 0;
    for (size_t t = 0; t < length; ++t) product += curve_[t] * curve_[t + lag];
    product -= late * early / count;
    const double scale = late_square * early_square;
    if (scale > 1e-20 * square_[n] * square_[n]) total += std::abs(product) / std::sqrt(scale);
  }
  return total / static_cast<double>(lags);
}

}  // namespace e2lm
