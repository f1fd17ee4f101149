#include "scoring/judgement/null_model.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <functional>
#include <numeric>
#include <utility>

#include "scoring/curves/signal.h"
#include "scoring/statistics/random_stream.h"

namespace e2lm {
namespace {

// Shares of right answers of one ability: Binomial(items, share) / items by inversion, over all
// counts within nine standard deviations; the rest has a chance below 1e-18.
class BinomialShare {
 public:
  BinomialShare(int64_t items, double share) : items_(static_cast<double>(items)) {
    const double spread = 9 * std::sqrt(items_ * share * (1 - share)) + 9;
    const auto from = static_cast<int64_t>(std::max(0.0, items_ * share - spread));
    const auto to = static_cast<int64_t>(std::min(items_, items_ * share + spread));
    first_ = static_cast<double>(from);
    for (int64_t count = from; count <= to; ++count) {
      const auto k = static_cast<double>(count);
      const double below = below_.empty() ? 0.0 : below_.back();
      below_.push_back(below + std::exp(log_chance(k, share)));
    }
    per_level_ = static_cast<double>(below_.size() - 1) / below_.back();
    for (size_t i = 0; i < below_.size(); ++i) {
      const auto level =
          std::lower_bound(below_.begin(), below_.end(), static_cast<double>(i) / per_level_);
      guide_.push_back(std::min<size_t>(level - below_.begin(), below_.size() - 1));
    }
  }

  double operator()(RandomStream& random) const {
    const double level = random.uniform() * below_.back();
    // The first that is not below the level, from a place near by.
    size_t place = guide_[static_cast<size_t>(level * per_level_)];
    while (place > 0 && below_[place - 1] >= level) --place;
    while (below_[place] < level) ++place;
    return (first_ + static_cast<double>(place)) / items_;
  }

 private:
  double log_chance(double k, double share) const {
    const double ways = std::lgamma(items_ + 1) - std::lgamma(k + 1) - std::lgamma(items_ - k + 1);
    const double right = k > 0 ? k * std::log(share) : 0.0;
    const double wrong = items_ > k ? (items_ - k) * std::log1p(-share) : 0.0;
    return ways + right + wrong;
  }

  double items_, first_ = 0;
  std::vector<double> below_;  // chance of at most first_ + i right answers
  std::vector<size_t> guide_;  // where levels of i / per_level_ lie
  double per_level_ = 0;
};

// Fills a curve from a stream of random numbers.
using Filler = std::function<void(RandomStream&, std::span<double>)>;

Filler filler_of(const NullCurve& curve) {
  if (curve.kind == NullKind::random_walk) {
    return [](RandomStream& random, std::span<double> values) {
      double place = 0;
      for (double& value : values) value = place += random.normal();
    };
  }
  if (curve.items > 0) {
    return [share = BinomialShare(curve.items, curve.share)](RandomStream& random,
                                                             std::span<double> values) {
      for (double& value : values) value = share(random);
    };
  }
  if (!curve.scores.empty()) {
    return [scores = curve.scores](RandomStream& random, std::span<double> values) {
      std::copy(scores.begin(), scores.end(), values.begin());
      for (size_t i = values.size(); i > 1; --i) {
        std::swap(values[i - 1], values[random.below(static_cast<uint32_t>(i))]);
      }
    };
  }
  return [errors = curve.errors](RandomStream& random, std::span<double> values) {
    for (size_t i = 0; i < values.size(); ++i) {
      values[i] = random.normal() * (errors.empty() ? 1.0 : errors[i]);
    }
  };
}

}  // namespace

NullDistribution::NullDistribution(std::vector<double> qualities)
    : qualities_(std::move(qualities)) {
  assert(!qualities_.empty());
  std::sort(qualities_.begin(), qualities_.end());
  mean_ = std::accumulate(qualities_.begin(), qualities_.end(), 0.0) /
          static_cast<double>(qualities_.size());
}

double NullDistribution::p_value(double quality) const {
  const auto as_high = std::lower_bound(qualities_.begin(), qualities_.end(), quality);
  return (1.0 + static_cast<double>(qualities_.end() - as_high)) /
         (1.0 + static_cast<double>(qualities_.size()));
}

NullDistribution draw_null(const NullCurve& curve, uint64_t seed, int64_t draws) {
  assert(curve.points >= 8 && draws > 0);
  const Filler fill = filler_of(curve);
  std::vector<double> values(curve.points), qualities;
  qualities.reserve(draws);
  for (int64_t draw = 0; draw < draws; ++draw) {
    RandomStream random(seed, static_cast<uint64_t>(draw));
    fill(random, values);
    qualities.push_back(quality_alone(values, curve.rule).value_or(0));
  }
  return NullDistribution(std::move(qualities));
}

NullDistribution null_of_mean(std::span<const NullDistribution* const> curves, uint64_t seed,
                              int64_t draws) {
  assert(!curves.empty());
  std::vector<const NullDistribution*> ordered(curves.begin(), curves.end());
  std::sort(ordered.begin(), ordered.end(),
            [](const auto* a, const auto* b) { return a->mean() < b->mean(); });
  std::vector<double> means;
  RandomStream random(seed);
  for (int64_t draw = 0; draw < draws; ++draw) {
    double sum = 0;
    for (const NullDistribution* curve : ordered) {
      const auto count = static_cast<uint32_t>(curve->sorted().size());
      sum += curve->sorted()[random.below(count)];
    }
    means.push_back(sum / static_cast<double>(curves.size()));
  }
  return NullDistribution(std::move(means));
}

const NullDistribution& NullModels::of(const NullCurve& curve) {
  {
    const std::lock_guard lock(mutex_);
    if (const auto found = known_.find(curve); found != known_.end()) return *found->second;
  }
  // Two threads may draw the same one; they draw the same.
  auto drawn = std::make_unique<const NullDistribution>(draw_null(curve, seed_, draws_));
  const std::lock_guard lock(mutex_);
  return *known_.try_emplace(curve, std::move(drawn)).first->second;
}

NullDistribution NullModels::of_mean(std::span<const NullDistribution* const> curves) const {
  return null_of_mean(curves, seed_, draws_);
}

}  // namespace e2lm
