#include "scoring/items/item_selection.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "base/random.h"
#include "scoring/curves/signal.h"
#include "scoring/items/selection_score.h"
#include "tests/support/expect_error.h"

namespace e2lm {
namespace {

// Items of which the first `good` rise with training and the others are coin tosses.
TaskCurves made_task(int64_t items, int64_t good, int64_t series, int64_t checkpoints) {
  TaskCurves task{.task = "made", .metric = "acc"};
  Random random(5);
  for (int64_t s = 0; s < series; ++s) {
    SeriesCurve& curve = task.series.emplace_back();
    curve.series = std::string(1, static_cast<char>('a' + s));
    for (int64_t c = 0; c < checkpoints; ++c) {
      const double known = static_cast<double>(c + 1) / static_cast<double>(checkpoints + 1);
      std::vector<float> row;
      for (int64_t i = 0; i < items; ++i) {
        row.push_back(random.uniform() < (i < good ? known : 0.25) ? 1.F : 0.F);
      }
      curve.items.add(row);
    }
  }
  return task;
}

TEST(ItemSelectionTest, FindsTheItemsThatRise) {
  const TaskCurves task = made_task(200, 40, 4, 16);
  const ItemSelection selection = select_items(task, {.count = 40});
  EXPECT_EQ(std::set(selection.documents.begin(), selection.documents.end()).size(), 40u);
  const auto found = std::count_if(selection.documents.begin(), selection.documents.end(),
                                   [](int64_t item) { return item < 40; });
  EXPECT_GE(found, 14) << "of 40, where chance finds 8 ± 2.3";
  EXPECT_EQ(selection.train_series, (std::vector<std::string>{"a", "c"}));
  EXPECT_EQ(selection.held_out_series, (std::vector<std::string>{"b", "d"}));
  ASSERT_EQ(selection.sizes.size(), 3u);
  EXPECT_EQ(selection.sizes[0].items, 10);
  EXPECT_EQ(selection.sizes[1].items, 20);
  EXPECT_EQ(selection.sizes[2].items, 40);
  const SelectionSize& last = selection.sizes.back();
  EXPECT_GT(*last.train.chosen, last.train.random_interval->high);
  EXPECT_GT(*last.held_out.chosen, *last.held_out.random_mean);
}

// The competition's blind spot: of noise alone a choice looks as if it measured something.
TEST(ItemSelectionTest, OverFittingShowsOnWhatWasHeldOut) {
  const TaskCurves task = made_task(400, 0, 4, 16);
  for (const HoldOut hold_out : {HoldOut::series, HoldOut::checkpoints}) {
    const ItemSelection selection = select_items(task, {.count = 50, .hold_out = hold_out});
    const SelectionSize& last = selection.sizes.back();
    EXPECT_GT(*last.train.chosen, 0.85);
    EXPECT_LT(*last.held_out.chosen, 0.6);
    EXPECT_LE(*last.held_out.chosen, last.held_out.random_interval->high + 0.2);
  }
}

TEST(ItemSelectionTest, ScoresAreThoseOfTheChosenItems) {
  const TaskCurves task = made_task(60, 20, 2, 12);
  const ItemSelection selection = select_items(task, {.count = 12, .hold_out = HoldOut::series});
  const auto quality = [&](const ItemValues& values, const std::vector<int64_t>& items) {
    std::vector<double> curve;
    for (int64_t c = 0; c < values.checkpoints(); ++c) {
      double sum = 0;
      for (const int64_t item : items) sum += values.at(c)[item];
      curve.push_back(sum / static_cast<double>(items.size()));
    }
    return *signal_quality(curve).quality;
  };
  const SelectionSize& last = selection.sizes.back();
  EXPECT_NEAR(*last.train.chosen, quality(task.series[0].items, selection.documents), 1e-12);
  EXPECT_NEAR(*last.held_out.chosen, quality(task.series[1].items, selection.documents), 1e-12);
  std::vector<int64_t> all(60);
  for (int64_t i = 0; i < 60; ++i) all[i] = i;
  EXPECT_NEAR(*selection.all_train, quality(task.series[0].items, all), 1e-12);
  EXPECT_NEAR(*selection.all_held_out, quality(task.series[1].items, all), 1e-12);
}

// As in the task's signal: what moves in one series of two has half of that one's quality.
TEST(ItemSelectionTest, ASeriesThatStaysTheSameCountsAsZero) {
  TaskCurves task = made_task(30, 15, 1, 12);
  const SelectionRules rules = {.count = 30, .hold_out = HoldOut::none, .draws = 5};
  const double alone = *select_items(task, rules).all_train;
  SeriesCurve& flat = task.series.emplace_back(SeriesCurve{.series = "flat", .group = "all"});
  for (int c = 0; c < 12; ++c) flat.items.add(std::vector<float>(30, 1));
  const ItemSelection selection = select_items(task, rules);
  EXPECT_DOUBLE_EQ(*selection.all_train, alone / 2);
  EXPECT_DOUBLE_EQ(*selection.sizes.back().train.random_mean, alone / 2);
}

// They leave a choice's score as it is, and so look better than every item that lowers it.
TEST(ItemSelectionTest, ItemsThatNeverChangeAreChosenLast) {
  TaskCurves task = made_task(40, 20, 2, 12);
  for (SeriesCurve& series : task.series) {
    ItemValues values;
    for (int64_t c = 0; c < series.items.checkpoints(); ++c) {
      std::vector<float> row(series.items.at(c).begin(), series.items.at(c).end());
      row[3] = 0;
      row[7] = 1;
      values.add(row);
    }
    series.items = std::move(values);
  }
  for (const SelectionGoal goal : {SelectionGoal::signal_quality, SelectionGoal::discrimination}) {
    const std::vector<int64_t> all =
        select_items(task, {.count = 40, .goal = goal, .hold_out = HoldOut::none}).documents;
    EXPECT_EQ(std::vector(all.end() - 2, all.end()), (std::vector<int64_t>{3, 7}));
  }
}

TEST(ItemSelectionTest, IsTheSameOnAnyNumberOfThreads) {
  const TaskCurves task = made_task(300, 30, 3, 10);
  for (const int64_t trials : {int64_t{2'000'000}, int64_t{2000}}) {
    const ItemSelection one = select_items(task, {.count = 25, .draws = 20, .trials = trials});
    const ItemSelection many =
        select_items(task, {.count = 25, .draws = 20, .trials = trials, .threads = 4});
    EXPECT_EQ(one.documents, many.documents);
    EXPECT_EQ(one.sizes.back().train.random_mean, many.sizes.back().train.random_mean);
  }
}

TEST(ItemSelectionTest, EveryGoalChoosesByItself) {
  const TaskCurves task = made_task(120, 40, 4, 12);
  for (const SelectionGoal goal : {SelectionGoal::signal_quality, SelectionGoal::signal_to_noise,
                                   SelectionGoal::discrimination}) {
    const ItemSelection selection = select_items(task, {.count = 20, .goal = goal});
    const SelectionSize& last = selection.sizes.back();
    EXPECT_GT(*last.train.chosen, last.train.random_interval->high);
  }
  const ItemSelection best =
      select_items(task, {.count = 20, .goal = SelectionGoal::discrimination});
  EXPECT_GE(
      std::count_if(best.documents.begin(), best.documents.end(), [](int64_t i) { return i < 40; }),
      19);
}

TEST(ItemSelectionTest, LowerIsBetterIsTurned) {
  TaskCurves task = made_task(80, 30, 2, 12);
  const ItemSelection higher = select_items(task, {.count = 10});
  for (SeriesCurve& series : task.series) {
    ItemValues turned;
    for (int64_t c = 0; c < series.items.checkpoints(); ++c) {
      std::vector<float> row;
      for (const float value : series.items.at(c)) row.push_back(-value);
      turned.add(row);
    }
    series.items = std::move(turned);
  }
  task.higher_is_better = false;
  EXPECT_EQ(select_items(task, {.count = 10}).documents, higher.documents);
}

TEST(ItemSelectionTest, WebSeriesDoNotCount) {
  TaskCurves task = made_task(50, 20, 3, 10);
  task.series[1].mix = Mix::web;
  const ItemSelection selection = select_items(task, {.count = 5});
  EXPECT_EQ(selection.train_series, std::vector<std::string>{"a"});
  EXPECT_EQ(selection.held_out_series, std::vector<std::string>{"c"});
  for (SeriesCurve& series : task.series) series.mix = Mix::web;
  EXPECT_EQ(select_items(task, {.count = 5}).train_series.size(), 2u) << "better than none";
}

TEST(ItemSelectionTest, SaysWhatIsMissing) {
  const auto refused = [](const TaskCurves& task, const SelectionRules& rules, const char* why) {
    expect_error([&] { select_items(task, rules); }, "made, acc", why);
  };
  const TaskCurves task = made_task(20, 10, 1, 12);
  refused(task, {.count = 21}, "21 items cannot be chosen of 20");
  refused(task, {.count = 5}, "no series is left held out");
  refused(task, {.count = 5, .hold_out = HoldOut::checkpoints}, "needs 8 checkpoints, of 6");
  refused(task, {.count = 5, .goal = SelectionGoal::signal_to_noise, .hold_out = HoldOut::none},
          "needs two series");
  refused({.task = "made", .metric = "acc"}, {.count = 1}, "no values of single items");
  TaskCurves infinite = made_task(20, 10, 1, 1);
  infinite.series[0].items.add(std::vector<float>(20, INFINITY));
  refused(infinite, {.count = 5}, "document 0 has a value that is not finite");
  const ItemSelection all = select_items(task, {.count = 20, .hold_out = HoldOut::none});
  EXPECT_EQ(all.documents.size(), 20u);
  EXPECT_NEAR(*all.sizes.back().train.chosen, *all.all_train, 1e-12);
  EXPECT_FALSE(all.all_held_out.has_value());
}

TEST(SelectionScoreTest, TrialsScoreAsTheSignalDoes) {
  Random random(3);
  for (const int64_t n : {8, 14, 27, 33}) {
    SeriesRows rows(1);
    std::vector<double> sums, curve;
    std::vector<float> item;
    for (int64_t t = 0; t < n; ++t) {
      rows[0].push_back(t);
      sums.push_back(100 * random.uniform() + static_cast<double>(3 * t));
      item.push_back(t % 2 == 0 ? 1.F : 0.F);
      curve.push_back(sums.back() + static_cast<double>(item.back()));
    }
    const SignalQuality expected = signal_quality(curve);
    TrialScore trial(SelectionGoal::signal_quality, rows, 0);
    EXPECT_NEAR(trial(sums, item), (*expected.rho + *expected.autocorrelation) / 2, 1e-12) << n;
  }
}

TEST(SelectionScoreTest, TiesAndConstantsHaveNoAdvantage) {
  SeriesRows rows(1);
  for (int64_t t = 0; t < 8; ++t) rows[0].push_back(t);
  TrialScore trial(SelectionGoal::signal_quality, rows, 0);
  const std::vector<float> nothing(8);
  EXPECT_EQ(trial(std::vector<double>(8, 3.0), nothing), 0);
  // scipy's spearmanr of a step in the middle: 0.8728715609439696; lag 1: the first seven values
  // against the last seven correlate by 0.75.
  EXPECT_NEAR(trial(std::vector<double>{0, 0, 0, 0, 1, 1, 1, 1}, nothing),
              (0.8728715609439696 + 0.75) / 2, 1e-12);
}

TEST(SelectionScoreTest, SignalToNoiseByHand) {
  // Late thirds: two of 4 and 6 around 5, two of 9 and 11 around 10; each of variance 1.
  const SeriesRows rows = {{0, 1, 2, 3, 4, 5}, {6, 7, 8, 9, 10, 11}};
  const std::vector<double> sums = {0, 0, 0, 0, 4, 6, 0, 0, 0, 0, 9, 11};
  EXPECT_DOUBLE_EQ(*selection_score(SelectionGoal::signal_to_noise, rows, sums), 5);
  TrialScore trial(SelectionGoal::signal_to_noise, rows, 3);
  EXPECT_DOUBLE_EQ(trial(sums, std::vector<float>(12)), 2.5) << "a variance of 3 is added to the 1";
  EXPECT_FALSE(selection_score(SelectionGoal::signal_to_noise, rows, std::vector<double>(12)));
}

}  // namespace
}  // namespace e2lm
