#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "scoring/statistics/interval.h"

namespace e2lm {

struct PairedRules {
  double confidence = 0.95;  // of intervals; 1 - confidence is the tests' level
  double power = 0.8;        // of the minimum detectable effect
  int64_t draws = 10'000;    // of the bootstrap
  uint64_t seed = 1234;
  int threads = 1;  // the result does not depend on it
};

// McNemar's test of two models' right and wrong answers to the same items: only the items that one
// of them alone has right say anything, and under no difference each is a toss of a fair coin.
//   exact_p  two-sided binomial, 2 · P(X <= the smaller count), at most 1
//   mid_p    with half the chance of what was seen taken off, 1 - P(X = half) / 2 where both counts
//            are equal (Fagerland, Lydersen and Laake, BMC Medical Research Methodology 2013):
//            nearer to its nominal level, which it may pass by a little
// Both are 1 where no item tells the models apart.
struct McNemar {
  int64_t only_a = 0;  // items that A alone has right
  int64_t only_b = 0;
  double exact_p = 1;
  double mid_p = 1;
};

// Two models on the same items. Differences are B - A, item by item.
//   standard_error  sample deviation of the differences / sqrt(items); as all that follows, absent
//                   for a single item
//   interval        where all values are 0 or 1 Tango's, below; else Student's, difference ±
//                   t(1 - level/2) · standard_error, absent where the difference never varies
//   bootstrap       percentiles of the mean difference over resamplings of the items (Efron 1979):
//                   too narrow on few items, and without width where these hold no difference
//   bootstrap_p     two-sided, what these would say: twice the share of resamplings on the rarer
//                   side of 0 (0 itself counts on both), (1 + count) / (1 + draws), at most 1
//   t, t_p          paired t-test, two-sided; absent where the difference never varies
//   detectable      the smallest true difference that a two-sided z-test at this level finds with
//                   this power: (z(1 - level/2) + z(power)) · standard_error
//   items_needed    items with which the difference seen here would be the detectable one; absent
//                   where there is none
struct PairedComparison {
  int64_t items = 0;
  double a = 0, b = 0, difference = 0;  // means
  bool identical = false;               // the same value on every item
  std::optional<double> standard_error;
  std::optional<Interval> interval, bootstrap;
  std::optional<double> bootstrap_p;
  std::optional<double> t, t_p;
  std::optional<McNemar> mcnemar;              // where all values are 0 or 1
  std::optional<Interval> wilson_a, wilson_b;  // the same
  std::optional<double> detectable;
  std::optional<int64_t> items_needed;

  // What stands for the comparison where one p-value is wanted: McNemar's exact one, failing that
  // the t-test's. Both keep their level on few items, where the bootstrap does not: of normal
  // differences around 0 it finds 47 % at its 5 % on 2 items, 16 % on 5, 10 % on 10, 6 % on 20.
  // Where the difference never varies, the chance of so many equal signs, 2^(1 - items).
  std::optional<double> p() const;
};

// REQUIRES: as many values of a as of b, at least one; all finite; draws >= 1.
PairedComparison compare_pairs(std::span<const double> a, std::span<const double> b,
                               const PairedRules& rules = {});

McNemar mcnemar(int64_t only_a, int64_t only_b);

// Tango's score interval of the difference of two shares of the same items, B - A (Statistics in
// Medicine 1998; among those that Fagerland, Lydersen and Laake, ibid. 2014, recommend): the true
// differences that McNemar's test, put as a test of any difference, does not reject. It has a width
// on few items and where both models gave the same answers. Of six kinds of models it held the true
// difference in 97 to 100 % of cases with 10 items, 94 to 99 % with 100; the bootstrap in 40 to
// 100 % and 95 to 99 %. REQUIRES: only_a, only_b >= 0, only_a + only_b <= items, items > 0.
Interval tango_interval(int64_t only_a, int64_t only_b, int64_t items, double confidence = 0.95);

// Wilson's score interval of a share (1927). REQUIRES: 0 <= right <= items, items > 0.
Interval wilson_interval(int64_t right, int64_t items, double confidence = 0.95);

}  // namespace e2lm
