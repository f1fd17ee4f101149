#include "scoring/items/paired.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "scoring/statistics/distribution.h"
#include "scoring/statistics/false_discovery.h"
#include "scoring/statistics/resampling.h"

namespace e2lm {
namespace {

constexpr double kTolerance = 1e-12;  // other series for the same functions

// Two models' values on eight items; scipy 1.17 of them:
//   ttest_rel(b, a) = 2.322642173617509, p 0.05318707945100974
//   bootstrap(b - a, mean, method='percentile', 200000 resamplings) = [0.09375, 0.9375]
const std::vector<double> kA = {1.5, 2.0, -0.5, 3.25, 0.75, 1.0, -1.25, 2.5};
const std::vector<double> kB = {2.0, 2.5, 0.25, 3.0, 1.75, 0.5, -0.5, 4.0};

TEST(DistributionTest, EqualsScipy) {
  EXPECT_NEAR(normal_quantile(0.975), 1.959963984540054, kTolerance);
  EXPECT_NEAR(normal_quantile(0.8), 0.8416212335729143, kTolerance);
  EXPECT_NEAR(normal_quantile(1e-6), -4.753424308822899, kTolerance);
  EXPECT_NEAR(student_cdf(-2.5, 3), 0.04385332350403278, kTolerance);
  EXPECT_NEAR(student_cdf(1.2, 7.5), 0.866665538603389, kTolerance);
  EXPECT_NEAR(student_quantile(0.975, 7), 2.3646242515927844, kTolerance);
  EXPECT_NEAR(student_cdf(-40, 2), 0.0003122073360923703, kTolerance);
  EXPECT_EQ(student_cdf(-INFINITY, 3), 0);
  EXPECT_EQ(student_cdf(INFINITY, 3), 1);
  EXPECT_NEAR(coin_cdf(3, 10), 0.171875, kTolerance);
  EXPECT_NEAR(coin_cdf(40, 120), 0.00016520000919565908, kTolerance);
  EXPECT_NEAR(coin_mass(5, 10), 0.24609375, kTolerance);
  EXPECT_EQ(coin_cdf(0, 0), 1);
  EXPECT_EQ(coin_mass(0, 0), 1);
}

// statsmodels' mcnemar(exact=True); mid-p by scipy's binomial after Fagerland et al. (2013).
TEST(PairedTest, McNemarEqualsStatsmodels) {
  struct Case {
    int64_t only_a, only_b;
    double exact, mid;
  };
  for (const Case& c :
       {Case{5, 15, 0.04138946533203125, 0.026603698730468753}, Case{0, 6, 0.03125, 0.015625},
        Case{7, 7, 1, 0.895263671875}, Case{1, 0, 1, 0.5},
        Case{120, 160, 0.019606727290281328, 0.01686929634014373}, Case{0, 0, 1, 1}}) {
    const McNemar result = mcnemar(c.only_a, c.only_b);
    EXPECT_NEAR(result.exact_p, c.exact, kTolerance) << c.only_a << ", " << c.only_b;
    EXPECT_NEAR(result.mid_p, c.mid, kTolerance) << c.only_a << ", " << c.only_b;
    const McNemar swapped = mcnemar(c.only_b, c.only_a);
    EXPECT_EQ(swapped.exact_p, result.exact_p);
    EXPECT_EQ(swapped.mid_p, result.mid_p);
  }
}

TEST(PairedTest, WilsonEqualsStatsmodels) {
  const auto expect = [](int64_t right, int64_t items, double low, double high) {
    const Interval interval = wilson_interval(right, items);
    EXPECT_NEAR(interval.low, low, kTolerance) << right << " of " << items;
    EXPECT_NEAR(interval.high, high, kTolerance) << right << " of " << items;
  };
  expect(0, 10, 0.0, 0.27753279986288926);
  expect(3, 10, 0.10779126740630104, 0.6032218525388546);
  expect(10, 10, 0.7224672001371106, 1.0);
  expect(4500, 14042, 0.31279871150125504, 0.32823383077953094);
}

// The example of Fagerland et al. (2014): airways before and after a treatment.
TEST(PairedTest, TangoEqualsAPublishedExample) {
  const Interval airways = tango_interval(7, 1, 21);
  EXPECT_NEAR(airways.low, -0.517, 5e-4);
  EXPECT_NEAR(airways.high, -0.026, 5e-4);
  const double z = normal_quantile(0.975);
  const Interval alike = tango_interval(0, 0, 20);
  EXPECT_NEAR(alike.high, z * z / (20 + z * z), kTolerance) << "as its formula comes to there";
  EXPECT_NEAR(alike.low, -alike.high, kTolerance);
  EXPECT_EQ(tango_interval(0, 20, 20).high, 1);
  EXPECT_EQ(tango_interval(5, 0, 5).low, -1);
  EXPECT_GT(tango_interval(3, 9, 1000, 0.99).high, tango_interval(3, 9, 1000).high);
}

// Two models that give the same answers to ten documents need not do so to the next.
TEST(PairedTest, FewItemsWithoutADifferenceLeaveOneOpen) {
  const std::vector<double> answers = {1, 1, 0, 1, 1, 1, 0, 1, 1, 1};
  const PairedComparison same = compare_pairs(answers, answers);
  EXPECT_NEAR(same.interval->low, -0.278, 5e-4);
  EXPECT_NEAR(same.interval->high, 0.278, 5e-4);
  EXPECT_EQ(same.bootstrap->low, same.bootstrap->high);
}

// A bootstrap of five normal differences holds the true one in 83 % of cases.
TEST(PairedTest, IntervalsOfNumbersBelongToTheTTest) {
  const PairedComparison result = compare_pairs(kA, kB);
  EXPECT_NEAR(result.interval->low, 0.53125 - 2.3646242515927844 * 0.22872657959731246, 1e-9);
  EXPECT_NEAR(result.interval->high, 0.53125 + 2.3646242515927844 * 0.22872657959731246, 1e-9);
  EXPECT_LT(result.interval->low, 0) << "as p is above 5 %";
}

TEST(PairedTest, FalseDiscoveryEqualsStatsmodels) {
  using P = std::vector<std::optional<double>>;
  const P p = {0.01, 0.02, 0.03, 0.04, 0.05, 0.5, 0.001, 0.9, 0.04};
  const P expected = {0.045, 0.06, 0.06, 0.06, 0.06428571428571, 0.5625, 0.009, 0.9, 0.06};
  const P adjusted = false_discovery(p);
  ASSERT_EQ(adjusted.size(), p.size());
  for (size_t i = 0; i < p.size(); ++i) EXPECT_NEAR(*adjusted[i], *expected[i], 1e-12) << i;
  EXPECT_EQ(false_discovery(P{{}, 0.04, {}}), (P{{}, 0.04, {}}))
      << "what was not tested is no test";
  EXPECT_TRUE(false_discovery(P{}).empty());
}

TEST(PairedTest, EqualsScipyOnNumbers) {
  const PairedComparison result = compare_pairs(kA, kB, {.draws = 100'000});
  EXPECT_EQ(result.items, 8);
  EXPECT_DOUBLE_EQ(result.a, 1.15625);
  EXPECT_DOUBLE_EQ(result.b, 1.6875);
  EXPECT_DOUBLE_EQ(result.difference, 0.53125);
  EXPECT_NEAR(*result.standard_error, 0.22872657959731246, kTolerance);
  EXPECT_NEAR(*result.t, 2.322642173617509, kTolerance);
  EXPECT_NEAR(*result.t_p, 0.05318707945100974, kTolerance);
  // One step of the resampled mean, 1/32 in its coarsest direction.
  EXPECT_NEAR(result.bootstrap->low, 0.09375, 0.032);
  EXPECT_NEAR(result.bootstrap->high, 0.9375, 0.032);
  EXPECT_NEAR(*result.bootstrap_p, 0.0186, 0.003) << "three standard errors of 100,000 draws";
  EXPECT_NEAR(*result.detectable, 0.6407970043893698, kTolerance);
  EXPECT_EQ(result.items_needed, 12) << "11.64, rounded up";
  EXPECT_FALSE(result.mcnemar.has_value()) << "these are no rights and wrongs";
  EXPECT_FALSE(result.wilson_a.has_value());
  EXPECT_EQ(result.p(), result.t_p);
}

// A bootstrap of two differences that are both above 0 has no draw on the other side.
TEST(PairedTest, FewItemsAreLittleEvidence) {
  const PairedComparison two = compare_pairs(std::vector{0.1, 0.2}, std::vector{1.0, 1.3});
  EXPECT_LT(*two.bootstrap_p, 0.001);
  EXPECT_GT(*two.p(), 0.05);
  const PairedComparison shift = compare_pairs(std::vector{0.25, 0.5}, std::vector{0.75, 1.0});
  EXPECT_EQ(shift.p(), 0.5) << "as two tosses of a coin that agree";
}

TEST(PairedTest, RightsAndWrongsGetMcNemarAndWilson) {
  std::vector<double> a(40), b(40);
  for (int i = 0; i < 5; ++i) a[i] = 1;
  for (int i = 5; i < 20; ++i) b[i] = 1;
  for (int i = 20; i < 30; ++i) a[i] = b[i] = 1;
  const PairedComparison result = compare_pairs(a, b);
  EXPECT_EQ(result.mcnemar->only_a, 5);
  EXPECT_EQ(result.mcnemar->only_b, 15);
  EXPECT_NEAR(*result.p(), 0.04138946533203125, kTolerance);
  EXPECT_DOUBLE_EQ(result.difference, 0.25);
  EXPECT_NEAR(result.wilson_a->low, wilson_interval(15, 40).low, kTolerance);
  EXPECT_NEAR(result.wilson_b->high, wilson_interval(25, 40).high, kTolerance);
}

TEST(PairedTest, SwappingTheModelsTurnsTheSigns) {
  const PairedComparison one = compare_pairs(kA, kB), other = compare_pairs(kB, kA);
  EXPECT_DOUBLE_EQ(one.difference, -other.difference);
  EXPECT_NEAR(one.interval->low, -other.interval->high, kTolerance);
  EXPECT_NEAR(one.interval->high, -other.interval->low, kTolerance);
  EXPECT_EQ(one.bootstrap_p, other.bootstrap_p);
  EXPECT_NEAR(*one.t, -*other.t, kTolerance);
  EXPECT_EQ(one.items_needed, other.items_needed);
}

TEST(PairedTest, IsTheSameOnAnyNumberOfThreadsAndForTheSameSeed) {
  const PairedComparison one = compare_pairs(kA, kB, {.draws = 1234, .seed = 7, .threads = 1});
  const PairedComparison many = compare_pairs(kA, kB, {.draws = 1234, .seed = 7, .threads = 5});
  EXPECT_EQ(one.bootstrap->low, many.bootstrap->low);
  EXPECT_EQ(one.bootstrap->high, many.bootstrap->high);
  EXPECT_EQ(one.bootstrap_p, many.bootstrap_p);
  const std::vector<double> values = {0.125, 3, -7, 2.5, 11};
  EXPECT_EQ(resampled_means(values, 777, 3, 1), resampled_means(values, 777, 3, 4));
  EXPECT_NE(resampled_means(values, 777, 3), resampled_means(values, 777, 4));
}

TEST(PairedTest, IsDefinedWhereNothingVaries) {
  const PairedComparison same = compare_pairs(kA, kA);
  EXPECT_TRUE(same.identical);
  EXPECT_EQ(same.difference, 0);
  EXPECT_EQ(same.bootstrap_p, 1);
  EXPECT_EQ(same.standard_error, 0);
  EXPECT_FALSE(same.t_p || same.detectable || same.items_needed);

  std::vector<double> shifted = kA;
  for (double& value : shifted) value += 0.5;
  const PairedComparison shift = compare_pairs(kA, shifted, {.draws = 999});
  EXPECT_FALSE(shift.identical);
  EXPECT_DOUBLE_EQ(shift.bootstrap->low, 0.5);
  EXPECT_FALSE(shift.interval.has_value()) << "nothing says how it might vary";
  EXPECT_DOUBLE_EQ(*shift.bootstrap_p, 2.0 / 1000);
  EXPECT_FALSE(shift.t.has_value());

  const PairedComparison single = compare_pairs(std::vector{1.0}, std::vector{0.0});
  EXPECT_EQ(single.difference, -1);
  EXPECT_FALSE(single.interval || single.bootstrap_p || single.standard_error);
  EXPECT_EQ(single.mcnemar->exact_p, 1);
}

TEST(PairedTest, StricterRulesAskForMore) {
  const double reach = normal_quantile(0.975) + normal_quantile(0.8);
  const PairedComparison result = compare_pairs(kA, kB);
  EXPECT_NEAR(*result.detectable / *result.standard_error, reach, kTolerance);
  const PairedComparison strict = compare_pairs(kA, kB, {.confidence = 0.99, .power = 0.9});
  EXPECT_GT(*strict.detectable, *result.detectable);
  EXPECT_LT(strict.interval->low, result.interval->low);
  EXPECT_GT(*strict.items_needed, *result.items_needed);
}

// NumPy's percentile of the same.
TEST(PairedTest, IntervalsAreOfAnyConfidence) {
  const std::vector<double> values = {10, 0, 2, 1, 3};
  EXPECT_NEAR(percentile_interval(values)->low, 0.1, kTolerance);
  EXPECT_NEAR(percentile_interval(values)->high, 9.3, kTolerance);
  EXPECT_NEAR(percentile_interval(values, 0.5)->low, 1, kTolerance);
  EXPECT_NEAR(percentile_interval(values, 0.5)->high, 3, kTolerance);
  EXPECT_EQ(percentile_interval(values, 1)->high, 10);
}

}  // namespace
}  // namespace e2lm
