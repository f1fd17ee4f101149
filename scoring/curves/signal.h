#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "scoring/statistics/rank_correlation.h"

namespace e2lm {

// What of signal quality depends on the order of equal scores.
struct RankedQuality {
  std::optional<double> rho;           // absent for n < 2, or all equal under average_pearson
  std::optional<double> monotonicity;  // max(rho, 0)
  std::optional<double> quality;
};

// Signal quality under every rule for equal scores, and its bounds over all orders of them. Within
// a group of equal scores Σ i·r_i is largest when ranks rise with time and smallest when they fall,
// and groups do not influence each other: so the bounds are the reversed and the stable rule.
struct TieReport {
  RankedQuality stable, reversed, average_d2, average_pearson, min, max;
  int64_t groups = 0;  // of two or more equal scores
  int64_t points = 0;  // scores in them
  double orders = 1;   // of the equal scores
};

// Signal quality of one model on one benchmark as the E2LM competition's scoring notebook computes
// it (arXiv:2506.07731, starter kit notebook 5). For n scores y in training order:
//
//   rho  = 1 - 6 Σ (i - r_i)² / (n (n² - 1))     r_i the ordinal rank of y_i
//   monotonicity    = max(rho, 0)
//   autocorrelation = mean over lags l = 1 .. floor(n/4) - 1 of |Pearson(y[l..], y[..n-l])|
//   signal quality  = (monotonicity + autocorrelation) / 2
//
// With n < 8 there is no lag, and a constant stretch has no correlation: autocorrelation and
// quality are then absent, never NaN. The notebook leaves the order of equal scores to its sort;
// here it is a rule, and TieReport says what it decides.
struct SignalQuality {
  int64_t n = 0;
  int64_t lags = 0;
  TieRule rule = TieRule::stable;
  std::optional<double> rho, monotonicity, autocorrelation, quality;  // under `rule`
  std::optional<double> quality_min, quality_max;                     // over all orders
  int64_t tied_points = 0;
  std::optional<double> first, last;  // values of the curve; absent if it is empty
  TieReport ties;
};

// How many lags n scores have.
int64_t signal_lags(int64_t n);

// REQUIRES: every value is finite.
SignalQuality signal_quality(std::span<const double> values, TieRule rule = TieRule::stable);

// Only SignalQuality::quality, for the thousands of curves of a bootstrap.
std::optional<double> quality_alone(std::span<const double> values, TieRule rule);

}  // namespace e2lm
