#include "scoring/curves/curve_draws.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numeric>

#include "scoring/statistics/random_stream.h"

namespace e2lm {
namespace {

// A series of right and wrong answers.
struct Answers {
  Curve curve;
  ItemValues items;
  std::vector<int64_t> rows;

  Answers(int64_t checkpoints, int64_t count, uint64_t seed, double ability = 0.4) {
    RandomStream random(seed);
    for (int64_t c = 0; c < checkpoints; ++c) {
      std::vector<float> values(count);
      for (float& value : values) value = random.uniform() < ability ? 1 : 0;
      items.add(values);
      const double mean = std::accumulate(values.begin(), values.end(), 0.0);
      curve.push_back({c, 10.0 * static_cast<double>(c), mean / static_cast<double>(count), {}});
      rows.push_back(c);
    }
  }

  SeriesToDraw to_draw(double sign = 1) const { return {curve, items, rows, sign}; }
};

double mean_of(const CurveDraws& draws, int64_t series, int64_t point) {
  double sum = 0;
  for (int64_t d = 0; d < draws.draws(); ++d) sum += draws.values(d, series)[point];
  return sum / static_cast<double>(draws.draws());
}

double deviation_of(const CurveDraws& draws, int64_t series, int64_t point) {
  const double mean = mean_of(draws, series, point);
  double squares = 0;
  for (int64_t d = 0; d < draws.draws(); ++d) {
    squares += std::pow(draws.values(d, series)[point] - mean, 2);
  }
  return std::sqrt(squares / static_cast<double>(draws.draws()));
}

TEST(CurveDrawsTest, ItemsAreResampledAroundTheScoreWithItsError) {
  const Answers answers(3, 400, 1);
  const std::vector<SeriesToDraw> series = {answers.to_draw()};
  const CurveDraws draws(series, {.draws = 4000});
  EXPECT_EQ(draws.source(0), DrawSource::items);
  for (int64_t p = 0; p < 3; ++p) {
    const double score = answers.curve[p].value;
    const double error = std::sqrt(score * (1 - score) / 400);
    EXPECT_NEAR(mean_of(draws, 0, p), score, 4 * error / std::sqrt(4000.0));
    EXPECT_NEAR(deviation_of(draws, 0, p), error, 0.05 * error);
  }
}

TEST(CurveDrawsTest, CheckpointsAndSeriesShareTheItems) {
  const Answers one(2, 100, 1);
  Answers same = one;
  const std::vector<SeriesToDraw> series = {one.to_draw(), same.to_draw(-1)};
  const CurveDraws draws(series, {.draws = 50});
  for (int64_t d = 0; d < 50; ++d) {
    EXPECT_EQ(draws.values(d, 0)[1], -draws.values(d, 1)[1]) << "equal answers, equal draws";
    // Counts of right answers among as many items as there are.
    const double right = draws.values(d, 0)[0] * 100;
    EXPECT_NEAR(right, std::round(right), 1e-4);
  }
}

TEST(CurveDrawsTest, DoNotDependOnThreads) {
  const Answers answers(5, 257, 3);
  Curve normal = answers.curve;
  for (CurvePoint& point : normal) point.standard_error = 0.01;
  const ItemValues none;
  const std::vector<SeriesToDraw> series = {answers.to_draw(), {normal, none, {}, 1}};
  const CurveDraws one(series, {.draws = 1000, .threads = 1});
  const CurveDraws three(series, {.draws = 1000, .threads = 3});
  for (int64_t d = 0; d < 1000; ++d) {
    for (int64_t s = 0; s < 2; ++s) {
      for (int64_t p = 0; p < 5; ++p) {
        ASSERT_EQ(one.values(d, s)[p], three.values(d, s)[p]);
      }
    }
  }
  const CurveDraws other(series, {.draws = 1000, .seed = 5});
  EXPECT_NE(one.values(0, 0)[0] + one.values(1, 0)[0] + one.values(2, 0)[0],
            other.values(0, 0)[0] + other.values(1, 0)[0] + other.values(2, 0)[0]);
}

// Of two points of series: correlation of their draws.
double correlation_of(const CurveDraws& draws, int64_t series, int64_t point, int64_t other_series,
                      int64_t other_point) {
  const double mean = mean_of(draws, series, point);
  const double other_mean = mean_of(draws, other_series, other_point);
  double product = 0;
  for (int64_t d = 0; d < draws.draws(); ++d) {
    product += (draws.values(d, series)[point] - mean) *
               (draws.values(d, other_series)[other_point] - other_mean);
  }
  return product / static_cast<double>(draws.draws()) /
         (deviation_of(draws, series, point) * deviation_of(draws, other_series, other_point));
}

TEST(CurveDrawsTest, StandardErrorsGiveNormalDrawsThatGoTogether) {
  const Curve curve = {{1, 10, 0.5, 0.02}, {2, 20, 0.6, 0.01}}, other = {{1, 10, -0.3, 0.03}};
  const ItemValues none;
  const std::vector<SeriesToDraw> series = {
      {curve, none, {}, 1, "a"}, {curve, none, {}, 1, "b"}, {other, none, {}, -1, "c"}};
  const CurveDraws draws(series, {.draws = 4000});
  EXPECT_EQ(draws.source(0), DrawSource::standard_errors);
  EXPECT_NEAR(mean_of(draws, 0, 0), 0.5, 0.002);
  EXPECT_NEAR(deviation_of(draws, 0, 0), 0.02, 0.001);
  EXPECT_NEAR(deviation_of(draws, 0, 1), 0.01, 0.0005);
  EXPECT_NEAR(correlation_of(draws, 0, 0, 0, 1), kSharedByTask + kSharedBySeries, 0.06);
  EXPECT_NEAR(correlation_of(draws, 0, 0, 1, 0), kSharedByTask, 0.06);
  EXPECT_NEAR(correlation_of(draws, 0, 1, 2, 0), -kSharedByTask, 0.06) << "a turned curve";
}

// Documents often stand in order, by subject say: a draw that takes early ones of one set must not
// do so of another.
TEST(CurveDrawsTest, OtherItemsAreDrawnByThemselves) {
  const auto half_right = [](int64_t count) {
    Answers answers(1, count, 1);
    answers.items = {};
    std::vector<float> values(count);
    std::fill(values.begin(), values.begin() + count / 2, 1.0F);
    answers.items.add(values);
    return answers;
  };
  const Answers few = half_right(100), many = half_right(200);
  const std::vector<SeriesToDraw> series = {few.to_draw(), many.to_draw()};
  const CurveDraws draws(series, {.draws = 4000});
  EXPECT_NEAR(correlation_of(draws, 0, 0, 1, 0), 0, 0.06);
}

TEST(CurveDrawsTest, WithoutErrorsThereIsNothingToDraw) {
  const Curve curve = {{1, 10, 0.5, 0.02}, {2, 20, 0.6, {}}}, empty;
  const ItemValues none;
  const std::vector<SeriesToDraw> series = {{curve, none, {}, 1}, {empty, none, {}, 1}};
  const CurveDraws draws(series, {.draws = 10});
  EXPECT_EQ(draws.source(0), DrawSource::none);
  EXPECT_EQ(draws.source(1), DrawSource::none);
  EXPECT_FALSE(draws.any());
}

TEST(CurveDrawsTest, ItemsThatAreNoNumbersAreNotResampled) {
  Answers answers(1, 10, 1);
  std::vector<float> values(10, 0.5F);
  values[3] = std::numeric_limits<float>::quiet_NaN();
  answers.items = {};
  answers.items.add(values);
  const std::vector<SeriesToDraw> series = {answers.to_draw()};
  EXPECT_EQ(CurveDraws(series, {.draws = 10}).source(0), DrawSource::none);
}

TEST(CurveDrawsTest, OneItemIsAlwaysItself) {
  const Answers answers(2, 1, 1);
  const std::vector<SeriesToDraw> series = {answers.to_draw()};
  const CurveDraws draws(series, {.draws = 130});
  EXPECT_EQ(deviation_of(draws, 0, 0), 0);
  EXPECT_EQ(mean_of(draws, 0, 1), answers.curve[1].value);
}

}  // namespace
}  // namespace e2lm
