#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "scoring/curves/task_curves.h"
#include "scoring/statistics/interval.h"

namespace e2lm {

// What a choice of items is to be good at. Of the science-mix series; where there are none, of all.
//   signal_quality   mean over the series of their curve's (signal.h), over all checkpoints: of
//                    those with enough of them, 0 for one whose scores stay the same
//   signal_to_noise  max - min over the series of their late mean, over the root of the mean of
//                    their late variances; late: the last third, at least two (as Signal-and-Noise,
//                    arXiv:2508.13144, whose common divisors cancel)
//   discrimination   mean of the items' discrimination (item_analysis.h) in the whole task
enum class SelectionGoal { signal_quality, signal_to_noise, discrimination };

// What is kept from the choice, to see what it is worth where nobody looked: every second
// checkpoint of each series, or every second series.
enum class HoldOut { none, checkpoints, series };

struct SelectionRules {
  int64_t count = 0;  // items to choose
  SelectionGoal goal = SelectionGoal::signal_quality;
  HoldOut hold_out = HoldOut::series;
  int64_t draws = 200;  // random choices of as many items, to compare with
  uint64_t seed = 1234;
  // Candidates that are tried in all: where trying every item at every step takes more, a step
  // tries a random share of them ("lazier than lazy greedy", Mirzasoleiman et al. 2015).
  int64_t trials = 2'000'000;
  int threads = 1;  // the result does not depend on it
};

// How well so many items do on one part of the data, and how well as many random ones.
struct SelectionScore {
  std::optional<double> chosen;
  std::optional<double> random_mean;
  std::optional<Interval> random_interval;  // the middle 95 % of the draws
};

struct SelectionSize {
  int64_t items = 0;
  SelectionScore train, held_out;
};

struct ItemSelection {
  std::vector<int64_t> documents;    // in the order chosen: each prefix is a choice too
  std::vector<SelectionSize> sizes;  // of some prefixes: 10, 20, 50, 100 .. and all chosen
  std::optional<double> all_train, all_held_out;  // with every item of the task
  std::vector<std::string> train_series, held_out_series;
};

// Chooses items one at a time, each the one that makes the choice so far score best on what is not
// held out; of equals the first. That search over-fits: what the choice is worth is its score on
// what was held out, against random choices there.
//
// While choosing, ties count neither way (average ranks), a constant stretch has no
// autocorrelation, monotonicity has no floor, and one average item's variance is added to the
// noise of signal_to_noise, lest an item that never changes be perfect. Items that have one value
// wherever nothing is held out change no score; they come last. The scores reported are the goals
// as defined.
//
// REQUIRES: 0 < count. Throws Error naming the task if it has fewer items, no item values, one that
// is not finite, or too few series or checkpoints for the goal under this hold-out.
ItemSelection select_items(const TaskCurves& task, const SelectionRules& rules);

}  // namespace e2lm
