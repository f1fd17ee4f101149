#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "scoring/items/selection_score.h"

// What a choice of items is made from: the matrix, the two sides of the hold-out.

namespace e2lm {

// Series with item values, those of science mix where there are any.
std::vector<const SeriesCurve*> series_that_count(const TaskCurves& task);

// Their values as one matrix, item by item, turned so that higher is better.
class SelectionValues {
 public:
  // REQUIRES: at least one series; all with as many items.
  SelectionValues(const TaskCurves& task, const std::vector<const SeriesCurve*>& series);

  int64_t items() const { return items_; }
  int64_t rows() const { return rows_; }
  const SeriesRows& series_rows() const { return series_rows_; }
  std::span<const float> item(int64_t i) const {  // [rows]
    return std::span(values_).subspan(i * rows_, rows_);
  }

  // Adds an item's values to sums. [rows]
  void add(int64_t i, std::span<double> sums) const {
    const std::span<const float> values = item(i);
    for (size_t row = 0; row < sums.size(); ++row) sums[row] += static_cast<double>(values[row]);
  }

  // An item with a value that is not finite, if there is one.
  std::optional<int64_t> first_unusable() const;

  // Whether an item has two values in some rows.
  bool varies(int64_t i, const SeriesRows& rows) const;

  // Of an item over some rows, on average.
  double mean_variance(const SeriesRows& rows) const;

 private:
  int64_t items_;
  int64_t rows_ = 0;
  SeriesRows series_rows_;
  std::vector<float> values_;  // [items, rows]
};

// One side of the hold-out, and what choices score on it.
class SelectionPart {
 public:
  SelectionPart(const SelectionValues& values, SeriesRows rows, SelectionGoal goal);

  const SeriesRows& rows() const { return rows_; }

  // Of each item, where that is the goal; 0 for one that has none.
  const std::vector<double>& discrimination() const { return discrimination_; }

  // Of some items, whose values sum to `sums` in each row. Absent for a part without rows.
  std::optional<double> score(std::span<const int64_t> items, std::span<const double> sums) const;

 private:
  void discriminate(const SelectionValues& values);

  SeriesRows rows_;
  SelectionGoal goal_;
  std::vector<double> discrimination_;
};

struct SelectionSplit {
  SeriesRows train, held_out;
};
SelectionSplit split_rows(const SeriesRows& all, HoldOut hold_out);

}  // namespace e2lm
