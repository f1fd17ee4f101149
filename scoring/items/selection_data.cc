#include "scoring/items/selection_data.h"

#include <algorithm>
#include <cmath>

#include "scoring/items/item_analysis.h"

namespace e2lm {

std::vector<const SeriesCurve*> series_that_count(const TaskCurves& task) {
  std::vector<const SeriesCurve*> science, all;
  for (const SeriesCurve& series : task.series) {
    if (series.items.empty()) continue;
    if (!all.empty() && series.items.items() != all[0]->items.items()) continue;
    all.push_back(&series);
    if (series.mix == Mix::science) science.push_back(&series);
  }
  return science.empty() ? all : science;
}

SelectionValues::SelectionValues(const TaskCurves& task,
                                 const std::vector<const SeriesCurve*>& series)
    : items_(series.front()->items.items()) {
  for (const SeriesCurve* one : series) {
    std::vector<int64_t>& rows = series_rows_.emplace_back();
    for (int64_t c = 0; c < one->items.checkpoints(); ++c) rows.push_back(rows_++);
  }
  values_.resize(items_ * rows_);
  int64_t row = 0;
  for (const SeriesCurve* one : series) {
    for (int64_t c = 0; c < one->items.checkpoints(); ++c, ++row) {
      const std::span<const float> from = one->items.at(c);
      for (int64_t i = 0; i < items_; ++i) {
        values_[i * rows_ + row] = task.higher_is_better ? from[i] : -from[i];
      }
    }
  }
}

std::optional<int64_t> SelectionValues::first_unusable() const {
  const auto found = std::find_if(values_.begin(), values_.end(),
                                  [](float value) { return !std::isfinite(value); });
  if (found == values_.end()) return {};
  return (found - values_.begin()) / rows_;
}

bool SelectionValues::varies(int64_t i, const SeriesRows& rows) const {
  const std::span<const float> values = item(i);
  return std::any_of(rows.begin(), rows.end(), [&](const std::vector<int64_t>& series) {
    return std::any_of(series.begin(), series.end(),
                       [&](int64_t row) { return values[row] != values[rows[0][0]]; });
  });
}

double SelectionValues::mean_variance(const SeriesRows& rows) const {
  double total = 0;
  for (int64_t i = 0; i < items_; ++i) {
    double sum = 0, square = 0, count = 0;
    for (const std::vector<int64_t>& series : rows) {
      for (const int64_t row : series) {
        const double value = item(i)[row];
        sum += value;
        square += value * value;
        ++count;
      }
    }
    total += std::max(0.0, square / count - std::pow(sum / count, 2));
  }
  return total / static_cast<double>(items_);
}

SelectionPart::SelectionPart(const SelectionValues& values, SeriesRows rows, SelectionGoal goal)
    : rows_(std::move(rows)), goal_(goal) {
  if (goal == SelectionGoal::discrimination && !rows_.empty()) discriminate(values);
}

std::optional<double> SelectionPart::score(std::span<const int64_t> items,
                                           std::span<const double> sums) const {
  if (rows_.empty()) return {};
  if (goal_ != SelectionGoal::discrimination) return selection_score(goal_, rows_, sums);
  double sum = 0;
  for (const int64_t item : items) sum += discrimination_[item];
  return sum / static_cast<double>(items.size());
}

void SelectionPart::discriminate(const SelectionValues& values) {
  TaskCurves task;
  for (const std::vector<int64_t>& rows : rows_) {
    SeriesCurve& series = task.series.emplace_back();
    std::vector<float> row(values.items());
    for (const int64_t r : rows) {
      for (int64_t i = 0; i < values.items(); ++i) row[i] = values.item(i)[r];
      series.items.add(row);
    }
  }
  const auto summary = summarise_items(task);
  for (const ItemStatistics& item : summary->items) {
    discrimination_.push_back(item.discrimination.value_or(0));
  }
}

SelectionSplit split_rows(const SeriesRows& all, HoldOut hold_out) {
  SelectionSplit split;
  for (size_t s = 0; s < all.size(); ++s) {
    if (hold_out == HoldOut::series) {
      (s % 2 == 0 ? split.train : split.held_out).push_back(all[s]);
      continue;
    }
    split.train.emplace_back();
    if (hold_out == HoldOut::checkpoints) split.held_out.emplace_back();
    for (size_t c = 0; c < all[s].size(); ++c) {
      const bool held = hold_out == HoldOut::checkpoints && c % 2 == 1;
      (held ? split.held_out : split.train).back().push_back(all[s][c]);
    }
  }
  return split;
}

}  // namespace e2lm
