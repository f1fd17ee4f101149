#include "scoring/curves/curve.h"

#include <gtest/gtest.h>

namespace e2lm {
namespace {

TEST(CurveTest, GridsTakeTheCompetitionsCheckpoints) {
  Curve curve;
  for (int64_t step = 2000; step <= 64000; step += 2000) {
    curve.push_back({step, static_cast<double>(step) * 3.678e6, 0, 0});
  }
  const Grid early = {.max_tokens = 206e9, .step_multiple = 4000};
  const Curve selected = select(curve, early);
  ASSERT_EQ(selected.size(), 14u);
  EXPECT_EQ(selected.front().step, 4000);
  EXPECT_EQ(selected.back().step, 56000);
}

TEST(CurveTest, LowerBoundsAreOpenUpperBoundsClosed) {
  const Curve curve = {{1, 100, 0, 0}, {2, 200, 0, 0}, {3, 300, 0, 0}};
  EXPECT_EQ(select(curve, {.max_tokens = 200}).size(), 2u);
  EXPECT_EQ(select(curve, {.min_tokens = 200}).size(), 1u);
  EXPECT_EQ(select(curve, {.min_tokens = 100, .max_tokens = 200}).front().step, 2);
}

TEST(CurveTest, GridsDescribeThemselves) {
  EXPECT_EQ(Grid{}.describe(), "all checkpoints");
  EXPECT_EQ((Grid{.max_tokens = 206e9, .step_multiple = 4000}).describe(),
            "steps divisible by 4000, at most 206 billion tokens");
  EXPECT_EQ((Grid{.min_tokens = 1310720}).describe(), "more than 1.31072 million tokens");
}

TEST(CurveTest, StepZeroCountsUnlessTokensAreAskedFor) {
  const Curve curve = {{0, 0, 0, 0}, {1, 100, 0, 0}};
  EXPECT_EQ(select(curve, {}).size(), 2u);
  EXPECT_EQ(select(curve, {.min_tokens = 1}).size(), 1u);
}

TEST(CurveTest, GridsMayRunFromStepToStep) {
  const Curve curve = {{1, 100, 0, 0}, {2, 200, 0, 0}, {3, 300, 0, 0}};
  const Grid grid{.min_step = 2, .max_step = 2};
  EXPECT_EQ(select(curve, grid).size(), 1u);
  EXPECT_EQ(grid.describe(), "steps from 2, steps to 2");
}

TEST(CurveTest, CommonStepsAreThoseOfAll) {
  const std::vector<Curve> curves = {{{1, 10, 0.1, 0}, {2, 20, 0.2, 0}, {4, 40, 0.4, 0}},
                                     {{2, 20, 0, 0}, {3, 30, 0, 0}, {4, 40, 0, 0}}};
  EXPECT_EQ(common_steps(curves), (std::vector<int64_t>{2, 4}));
  EXPECT_EQ(values_of(at_steps(curves[0], common_steps(curves))), (std::vector<double>{0.2, 0.4}));
  EXPECT_TRUE(common_steps({}).empty());
}

}  // namespace
}  // namespace e2lm
