#include "scoring/statistics/interval.h"

#include <gtest/gtest.h>

#include <limits>
#include <numeric>
#include <vector>

namespace e2lm {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

TEST(IntervalTest, InterpolatesBetweenNeighbours) {
  std::vector<double> values(101);
  std::iota(values.rbegin(), values.rend(), 0.0);
  const auto interval = percentile_interval(values);
  EXPECT_DOUBLE_EQ(interval->low, 2.5);
  EXPECT_DOUBLE_EQ(interval->high, 97.5);
}

TEST(IntervalTest, LeavesOutDrawsWithoutAValueUpToHalf) {
  EXPECT_DOUBLE_EQ(percentile_interval(std::vector<double>{kNaN, 3, 3, kNaN})->low, 3);
  EXPECT_FALSE(percentile_interval(std::vector<double>{kNaN, 3, kNaN}).has_value());
  EXPECT_FALSE(percentile_interval({}).has_value());
}

}  // namespace
}  // namespace e2lm
