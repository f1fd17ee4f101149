#include "scoring/metrics/aggregation.h"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <cmath>
#include <vector>

#include "base/error.h"
#include "base/parallel.h"
#include "base/random.h"
#include "scoring/metrics/statistic.h"

namespace e2lm {
namespace {

template <typename Statistic>
double over_all(MetricValues values) {
  Statistic statistic(values);
  statistic.reset();
  for (size_t i = 0; i < values.size(); ++i) statistic.add(i);
  return statistic.result();
}

double formula_error(MetricValues values, const Bootstrap&) {
  const std::vector<double> numbers = numbers_of(values);
  return sample_deviation(numbers) / std::sqrt(static_cast<double>(numbers.size()));
}

template <typename Statistic>
double bootstrap_error(MetricValues values, const Bootstrap& bootstrap) {
  if (bootstrap.draws < 2) {
    throw Error("bootstrap", "one draw gives no standard error", "0, or at least 2");
  }
  constexpr int64_t kLongestChunk = 1000;
  const int64_t chunk = std::min(kLongestChunk, bootstrap.draws);
  const int64_t chunks = bootstrap.draws / chunk;
  const Statistic prepared(values);
  const auto n = static_cast<int64_t>(values.size());
  std::vector<double> results(chunks * chunk);
  parallel_for(bootstrap.threads, chunks, 1, [&](int64_t first, int64_t last) {
    Statistic statistic = prepared;
    for (int64_t seed = first; seed < last; ++seed) {
      Random random(seed);
      for (int64_t draw = seed * chunk; draw < (seed + 1) * chunk; ++draw) {
        statistic.reset();
        for (int64_t i = 0; i < n; ++i) statistic.add(random.choice(n));
        results[draw] = statistic.result();
      }
    }
  });
  return sample_deviation(results);
}

template <typename Statistic>
constexpr Aggregation exact(std::string_view name, ValueKind kind) {
  return {name, kind, Aggregation::ErrorRule::none, over_all<Statistic>, nullptr};
}

template <typename Statistic>
constexpr Aggregation resampled(std::string_view name, ValueKind kind) {
  return {name, kind, Aggregation::ErrorRule::bootstrap, over_all<Statistic>,
          bootstrap_error<Statistic>};
}

constexpr Aggregation kAggregations[] = {
    {"mean", ValueKind::number, Aggregation::ErrorRule::formula, over_all<Mean>, formula_error},
    resampled<NanMean>("nanmean", ValueKind::number),
    resampled<Median>("median", ValueKind::number),
    resampled<Perplexity>("perplexity", ValueKind::number),
    exact<WeightedPerplexity>("weighted_perplexity", ValueKind::over_size),
    exact<BitsPerByte>("bits_per_byte", ValueKind::over_size),
    resampled<F1>("f1", ValueKind::prediction),
    resampled<MatthewsCorrelation>("matthews_corrcoef", ValueKind::prediction),
    exact<BrierScore>("brier_score", ValueKind::probabilities),
};

}  // namespace

std::span<const Aggregation> aggregations() {
  return kAggregations;
}

const Aggregation* find_aggregation(std::string_view name) {
  const auto found = std::find_if(std::begin(kAggregations), std::end(kAggregations),
                                  [name](const Aggregation& entry) { return entry.name == name; });
  return found == std::end(kAggregations) ? nullptr : found;
}

Score aggregate(const Aggregation& aggregation, MetricValues values, const Bootstrap& bootstrap) {
  assert(!values.empty());
  for (const MetricValue& value : values) {
    if (kind_of(value) != aggregation.kind) {
      throw Error("aggregation", fmt::format("'{}' does not take such values", aggregation.name));
    }
  }
  Score score{.value = aggregation.value(values), .items = std::ssize(values)};
  if (aggregation.standard_error && values.size() > 1 && bootstrap.draws > 0) {
    score.standard_error = aggregation.standard_error(values, bootstrap);
  }
  return score;
}

}  // namespace e2lm
