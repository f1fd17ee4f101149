#include "scoring/statistics/autocorrelation.h"

#include <Eigen/Core>
#include <cassert>
#include <cmath>

#include "scoring/statistics/rank_correlation.h"

namespace e2lm {
namespace {

// A stretch that varies less than this share of the whole has lost its digits in the running sums.
constexpr double kLeastShare = 1e-4;

// Values less their mean, and the running sums of these and of their squares.
class Centred {
 public:
  explicit Centred(std::span<const double> values)
      : n_(std::ssize(values)), values_(n_), sums_(n_ + 1), squares_(n_ + 1) {
    const Eigen::Map<const Eigen::ArrayXd> given(values.data(), n_);
    values_ = given - given.mean();
    sums_[0] = squares_[0] = 0;
    for (int64_t i = 0; i < n_; ++i) {
      sums_[i + 1] = sums_[i] + values_[i];
      squares_[i + 1] = squares_[i] + values_[i] * values_[i];
    }
  }

  // Of y[lag..] and y[..n-lag]; absent where the running sums do not tell.
  std::optional<double> correlation(int64_t lag) const {
    const int64_t count = n_ - lag;
    const double product = (values_.tail(count) * values_.head(count)).sum();
    const double later = sums_[n_] - sums_[lag], earlier = sums_[count];
    const auto n = static_cast<double>(count);
    const double later_squares = squares_[n_] - squares_[lag] - later * later / n;
    const double earlier_squares = squares_[count] - earlier * earlier / n;
    const double least = kLeastShare * squares_[n_];
    // Also false where the squares vanish or overflow.
    if (!(later_squares > least && earlier_squares > least)) return {};
    const double result =
        (product - later * earlier / n) / (std::sqrt(later_squares) * std::sqrt(earlier_squares));
    if (!std::isfinite(result)) return {};
    return result;
  }

 private:
  int64_t n_;
  Eigen::ArrayXd values_, sums_, squares_;
};

}  // namespace

std::optional<double> mean_autocorrelation(std::span<const double> values, int64_t lags) {
  if (lags == 0) return {};
  assert(lags < std::ssize(values));
  const Centred centred(values);
  double sum = 0;
  for (int64_t lag = 1; lag <= lags; ++lag) {
    auto correlation = centred.correlation(lag);
    if (!correlation) {
      correlation = pearson(values.subspan(lag), values.first(std::ssize(values) - lag));
    }
    if (!correlation) return {};
    sum += std::abs(*correlation);
  }
  return sum / static_cast<double>(lags);
}

}  // namespace e2lm
