#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "scoring/items/item_selection.h"

namespace e2lm {

// The rows of a matrix [checkpoints of all series] that a score looks at, by series and in order.
using SeriesRows = std::vector<std::vector<int64_t>>;

// Of a choice of items, from the sum of their values in each row. Absent where no series has it.
// REQUIRES: the goal is not discrimination, which is no function of sums.
std::optional<double> selection_score(SelectionGoal goal, const SeriesRows& rows,
                                      std::span<const double> sums);

// The same as a search wants it: always a number, quick, ties and constants without advantage; see
// select_items. Holds scratch: one for each thread.
class TrialScore {
 public:
  // `item_variance` of an average item.
  TrialScore(SelectionGoal goal, const SeriesRows& rows, double item_variance);

  // Of the items that `sums` are of and one more, with these values.
  double operator()(std::span<const double> sums, std::span<const float> item);

 private:
  double quality(const std::vector<int64_t>& rows);
  double rank_correlation(size_t n);
  double autocorrelation(size_t n);
  double signal_to_noise();

  SelectionGoal goal_;
  const SeriesRows& rows_;
  double item_variance_;
  std::vector<double> row_;                        // sums with the item
  std::vector<double> curve_;                      // of a series
  std::vector<std::pair<double, int64_t>> order_;  // value, place
  std::vector<double> sum_, square_;               // of the curve's first so many values
};

}  // namespace e2lm
