#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <vector>

#include "scoring/statistics/rank_correlation.h"

namespace e2lm {

// What curves without any signal would score.
//   white_noise  a constant ability, measured anew at each checkpoint: independent errors around it
//   random_walk  an ability that drifts by independent steps of one size, up as often as down, and
//                is measured without error
// Neither scores zero: the autocorrelation takes absolute values and the monotonicity has a floor,
// and a walk is as smooth as many real curves.
enum class NullKind { white_noise, random_walk };

// A curve that stands for a real one. Of white noise, in this order: where `items` is known, shares
// of right answers, Binomial(items, share) / items, so that equal scores occur as often as in
// reality; where `scores` has the curve's own, these in any order (a permutation test, exact for
// noise of one size however often its scores are equal); where `errors` has one entry per point,
// normal with these standard errors; otherwise normal with equal ones, whose size does not matter.
// A random walk has normal steps.
struct NullCurve {
  NullKind kind = NullKind::white_noise;
  int64_t points = 0;
  TieRule rule = TieRule::stable;
  int64_t items = 0;           // 0: not known
  double share = 0;            // in [0, 1]
  std::vector<double> scores;  // [points] or empty
  std::vector<double> errors;  // [points] or empty

  auto operator<=>(const NullCurve&) const = default;
};

// Signal quality of many such curves; a curve without one (constant by chance) counts as 0.
class NullDistribution {
 public:
  explicit NullDistribution(std::vector<double> qualities);

  double mean() const { return mean_; }
  // The chance of scoring at least this: (1 + draws as high) / (1 + draws).
  double p_value(double quality) const;
  std::span<const double> sorted() const { return qualities_; }

 private:
  std::vector<double> qualities_;  // sorted
  double mean_ = 0;
};

// The same seed gives the same distribution. REQUIRES: points >= 8, draws > 0.
NullDistribution draw_null(const NullCurve& curve, uint64_t seed, int64_t draws);

// Of the mean over several curves, each drawn on its own; their order changes nothing. REQUIRES: at
// least one.
NullDistribution null_of_mean(std::span<const NullDistribution* const> curves, uint64_t seed,
                              int64_t draws);

// Distributions drawn once for each kind of curve. May be used by several threads.
class NullModels {
 public:
  NullModels(uint64_t seed, int64_t draws) : seed_(seed), draws_(draws) {}

  bool any() const { return draws_ > 0; }

  // Valid as long as this object. REQUIRES: as draw_null(), and any().
  const NullDistribution& of(const NullCurve& curve);
  NullDistribution of_mean(std::span<const NullDistribution* const> curves) const;

 private:
  uint64_t seed_;
  int64_t draws_;
  std::mutex mutex_;
  std::map<NullCurve, std::unique_ptr<const NullDistribution>> known_;
};

}  // namespace e2lm
