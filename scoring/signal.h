#pragma once

#include <cstdint>
#include <optional>
#include <span>

namespace e2lm {

// How ranks are given to equal values.
//   stable        the earlier checkpoint the lower rank (what the competition's site shows)
//   reversed      the later checkpoint the lower rank
//   average_d2    the mean rank, in the d² formula
//   average       the mean rank, as Pearson's correlation of ranks (textbook Spearman)
enum class TieRule { stable, reversed, average_d2, average };

// Signal quality of one model on one benchmark as the E2LM competition's scoring notebook computes
// it (arXiv:2506.07731, starter kit notebook 5). For n scores y in training order:
//
//   rho  = 1 - 6 Σ (i - r_i)² / (n (n² - 1))     r_i the ordinal rank of y_i
//   monotonicity    = max(rho, 0)
//   autocorrelation = mean over lags l = 1 .. floor(n/4) - 1 of |Pearson(y[l..], y[..n-l])|
//   signal quality  = (monotonicity + autocorrelation) / 2
//
// With n < 8 there is no lag, and a constant stretch has no correlation: autocorrelation and
// quality are then absent, never NaN.
struct SignalQuality {
  int64_t n = 0;
  int64_t lags = 0;
  std::optional<double> rho;  // absent for n < 2, or all values equal under `average`
  std::optional<double> monotonicity;
  std::optional<double> autocorrelation;
  std::optional<double> quality;
  // Smallest and largest quality over all orders of equal scores. Within a group of equal scores
  // Σ i·r_i is largest when ranks rise with time and smallest when they fall, and groups do not
  // influence each other: so the bounds are the reversed and the stable rule.
  std::optional<double> quality_min, quality_max;
  int64_t tied_points = 0;  // scores that some other score equals
};

// REQUIRES: every value is finite.
SignalQuality signal_quality(std::span<const double> values, TieRule rule = TieRule::stable);

}  // namespace e2lm
