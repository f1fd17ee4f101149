#include "scoring/curves/signal_to_noise.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <numeric>

namespace e2lm {
namespace {

std::optional<double> ratio(double numerator, double denominator) {
  if (denominator == 0) return {};
  return numerator / denominator;
}

}  // namespace

Spread spread_of(std::span<const double> values) {
  assert(!values.empty());
  const auto n = static_cast<double>(values.size());
  Spread spread{.mean = std::accumulate(values.begin(), values.end(), 0.0) / n};
  if (std::all_of(values.begin(), values.end(), [&](double v) { return v == values.front(); })) {
    return spread;
  }
  double squares = 0;
  for (const double value : values) squares += (value - spread.mean) * (value - spread.mean);
  spread.deviation = std::sqrt(squares / n);
  return spread;
}

SignalToNoise signal_to_noise(std::span<const Curve> models, int64_t last) {
  SignalToNoise result;
  const auto k = models.empty() ? 0 : std::min(last, std::ssize(models.front()));
  if (models.size() < 2 || k < 2) return result;
  std::vector<double> pooled;
  double noise_sum = 0;
  for (const Curve& model : models) {
    assert(model.size() == models.front().size());
    std::vector<double> values = values_of(model);
    values.erase(values.begin(), values.end() - k);
    const Spread spread = spread_of(values);
    result.mean_last.push_back(spread.mean);
    result.noise.push_back(ratio(spread.deviation, std::abs(spread.mean)));
    noise_sum += result.noise.back().value_or(0);
    pooled.insert(pooled.end(), values.begin(), values.end());
  }
  for (auto point = models.front().end() - k; point != models.front().end(); ++point) {
    result.last_steps.push_back(point->step);
  }
  const auto [low, high] = std::minmax_element(result.mean_last.begin(), result.mean_last.end());
  result.signal = ratio(*high - *low, std::abs(spread_of(result.mean_last).mean));
  result.snr.resize(models.size());
  if (!result.signal) return result;
  for (size_t j = 0; j < models.size(); ++j) {
    if (result.noise[j]) result.snr[j] = ratio(*result.signal, *result.noise[j]);
  }
  const bool all = std::all_of(result.noise.begin(), result.noise.end(),
                               [](const auto& noise) { return noise.has_value(); });
  if (all) {
    result.snr_mean_noise = ratio(*result.signal, noise_sum / static_cast<double>(models.size()));
  }
  const Spread together = spread_of(pooled);
  result.snr_pooled = ratio(*result.signal * std::abs(together.mean), together.deviation);
  return result;
}

Variation variation(std::span<const double> values) {
  Variation result;
  if (values.size() < 2) return result;
  int64_t rises = 0, falls = 0;
  double sum = 0;
  for (size_t i = 1; i < values.size(); ++i) {
    const double step = values[i] - values[i - 1];
    rises += step > 0;
    falls += step < 0;
    sum += std::abs(step);
  }
  if (rises + falls > 0) {
    result.monotonicity = static_cast<double>(rises - falls) / static_cast<double>(rises + falls);
  }
  const auto n = static_cast<double>(values.size());
  result.total_variation = sum / (n - 1);
  const auto [low, high] = std::minmax_element(values.begin(), values.end());
  result.normalised = ratio(*result.total_variation, *high - *low);
  result.improvement = (values.back() - values.front()) / n;
  return result;
}

}  // namespace e2lm
