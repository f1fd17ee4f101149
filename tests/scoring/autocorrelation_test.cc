#include "scoring/statistics/autocorrelation.h"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "scoring/statistics/random_stream.h"
#include "scoring/statistics/rank_correlation.h"

namespace e2lm {
namespace {

// By its definition, a correlation for every lag.
std::optional<double> by_definition(std::span<const double> values, int64_t lags) {
  double sum = 0;
  for (int64_t lag = 1; lag <= lags; ++lag) {
    const auto one = pearson(values.subspan(lag), values.first(std::ssize(values) - lag));
    if (!one) return {};
    sum += std::abs(*one);
  }
  return sum / static_cast<double>(lags);
}

TEST(AutocorrelationTest, IsTheMeanOverLags) {
  RandomStream random(3);
  const std::vector<std::pair<std::string, std::function<double(int64_t)>>> kinds = {
      {"noise", [&](int64_t) { return random.normal(); }},
      {"rising", [&](int64_t i) { return 0.25 + 1e-4 * static_cast<double>(i); }},
      {"far from 0", [&](int64_t) { return 1e6 + random.normal(); }},
      {"nearly constant, then a jump",
       [&](int64_t i) { return i < 70 ? 0.25 + 1e-9 * random.normal() : 0.6; }},
      {"a jump, then nearly constant",
       [&](int64_t i) { return i < 10 ? 0.6 : 0.25 + 1e-9 * random.normal(); }},
      {"tiny", [&](int64_t) { return 1e-140 * random.normal(); }},
      {"huge", [&](int64_t) { return 1e140 * random.normal(); }}};
  for (const auto& [kind, value] : kinds) {
    std::vector<double> values;
    for (int64_t i = 0; i < 80; ++i) values.push_back(value(i));
    for (const int64_t lags : {1, 2, 19}) {
      const auto expected = by_definition(values, lags);
      const auto result = mean_autocorrelation(values, lags);
      ASSERT_TRUE(expected && result) << kind;
      EXPECT_NEAR(*result, *expected, 1e-10) << kind << ", " << lags << " lags";
    }
  }
}

TEST(AutocorrelationTest, IsAbsentWhereACorrelationIs) {
  std::vector<double> values(20, 0.25);
  values.back() = 0.3;
  EXPECT_FALSE(mean_autocorrelation(values, 1)) << "the earlier stretch is constant";
  values = {0.3, 0.25, 0.25, 0.25, 0.25, 0.25, 0.25, 0.25};
  EXPECT_FALSE(mean_autocorrelation(values, 1)) << "the later one";
  EXPECT_FALSE(mean_autocorrelation(values, 0)) << "no lags";
  EXPECT_FALSE(mean_autocorrelation(std::vector<double>{1e200, -1e200, 1e200, 2e200}, 1))
      << "their squares are beyond a double";
}

}  // namespace
}  // namespace e2lm
