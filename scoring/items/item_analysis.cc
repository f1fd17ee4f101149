#include "scoring/items/item_analysis.h"

#include <Eigen/Core>
#include <algorithm>
#include <cmath>
#include <numeric>

#include "scoring/items/item_matrix.h"
#include "scoring/statistics/distribution.h"
#include "scoring/statistics/false_discovery.h"

namespace e2lm {
namespace {

using Eigen::ArrayXd;

// Pearson's correlation of each item with the sum of the others; NaN where there is none.
ArrayXd discriminations(const ItemMatrix& matrix, const ArrayXd& mean) {
  const int64_t items = mean.size();
  const double mean_total = mean.sum();
  ArrayXd square = ArrayXd::Zero(items), with_total = ArrayXd::Zero(items);
  double total_square = 0;
  int64_t rows = 0;
  for (const ItemValues* values : matrix) {
    for (int64_t c = 0; c < values->checkpoints(); ++c, ++rows) {
      const ArrayXd x = row_of(*values, c);
      const double total = x.sum() - mean_total;
      const ArrayXd centred = x - mean;
      square += centred.square();
      with_total += centred * total;
      total_square += total * total;
    }
  }
  const ArrayXd with_rest = with_total - square;
  const ArrayXd rest_square = total_square - 2 * with_total + square;
  const ArrayXd product = square * rest_square;
  const ArrayXd r = with_rest / product.max(0).sqrt();
  return (varies(square, mean, rows) && rest_square > 1e-12 * (total_square + square))
      .select(r.max(-1).min(1), ArrayXd::Constant(items, NAN));
}

std::optional<double> fall_p(double r, double autocorrelation, int64_t rows, int64_t series) {
  if (std::isnan(r) || rows - series - 1 < 1) return {};
  const double effective =
      static_cast<double>(rows) * (1 - autocorrelation) / (1 + autocorrelation);
  const double degrees = std::max(1.0, effective - static_cast<double>(series) - 1);
  return student_cdf(r * std::sqrt(degrees / std::max(0.0, 1 - r * r)), degrees);
}

std::optional<double> number(double value) {
  return std::isnan(value) ? std::optional<double>() : value;
}

bool all_zero_or_one(const ItemMatrix& matrix) {
  return std::all_of(matrix.begin(), matrix.end(), [](const ItemValues* values) {
    for (int64_t c = 0; c < values->checkpoints(); ++c) {
      for (const float value : values->at(c)) {
        if (value != 0 && value != 1) return false;
      }
    }
    return true;
  });
}

void find_dead(const ItemMatrix& matrix, ItemSummary& summary) {
  if (summary.checkpoints < 2) return;
  const std::span<const float> first = matrix[0]->at(0);
  std::vector<bool> alive(first.size());
  for (const ItemValues* values : matrix) {
    for (int64_t c = 0; c < values->checkpoints(); ++c) {
      const std::span<const float> row = values->at(c);
      for (size_t i = 0; i < row.size(); ++i) alive[i] = alive[i] || row[i] != first[i];
    }
  }
  for (size_t i = 0; i < alive.size(); ++i) {
    if (!alive[i]) summary.dead.push_back(static_cast<int64_t>(i));
  }
}

void find_falling(ItemSummary& summary, double level) {
  std::vector<std::optional<double>> p;
  for (const ItemStatistics& item : summary.items) p.push_back(item.fall_p);
  const auto adjusted = false_discovery(p);
  for (size_t i = 0; i < adjusted.size(); ++i) summary.items[i].fall_q = adjusted[i];
  if (summary.progress.value_or(0) <= 0) return;  // nothing to fall against
  for (size_t i = 0; i < adjusted.size(); ++i) {
    if (adjusted[i] && *adjusted[i] <= level) summary.falling.push_back(static_cast<int64_t>(i));
  }
  std::stable_sort(summary.falling.begin(), summary.falling.end(), [&](int64_t a, int64_t b) {
    return *summary.items[a].fall_p < *summary.items[b].fall_p;
  });
}

bool is_suspect(const ItemStatistics& item, const ChoiceVotes::Wrong& wrong, bool zero_one,
                const ItemRules& rules) {
  return wrong.share >= rules.consistency && wrong.probability >= rules.confidence &&
         item.discrimination.value_or(0) <= 0 && (!zero_one || item.late < 0.5);
}

void find_suspects(const ChoiceVotes* votes, const ItemRules& rules, ItemSummary& summary) {
  if (votes == nullptr || votes->items() != std::ssize(summary.items)) {
    for (const int64_t item : summary.falling) {
      if (summary.items[item].discrimination.value_or(0) > rules.negative) continue;
      summary.suspect_key.push_back({.item = item});
    }
    return;
  }
  for (int64_t i = 0; i < votes->items(); ++i) {
    const auto wrong = votes->wrong(i);
    if (!wrong || !is_suspect(summary.items[i], *wrong, summary.zero_one, rules)) continue;
    summary.suspect_key.push_back({.item = i, .wrong = wrong});
  }
  std::stable_sort(summary.suspect_key.begin(), summary.suspect_key.end(),
                   [](const SuspectKey& a, const SuspectKey& b) {
                     return a.wrong->margin_nats > b.wrong->margin_nats;
                   });
}

// Series of one item, the mean of all: its trend is the task's.
std::optional<double> progress_of_mean(const ItemMatrix& matrix, double turn) {
  std::vector<ItemValues> means(matrix.size());
  ItemMatrix columns;
  for (size_t s = 0; s < matrix.size(); ++s) {
    for (int64_t c = 0; c < matrix[s]->checkpoints(); ++c) {
      means[s].add(std::vector{static_cast<float>(row_of(*matrix[s], c).mean())});
    }
    columns.push_back(&means[s]);
  }
  return number(turn * trend_of(columns).r[0]);
}

}  // namespace

bool is_early(int64_t checkpoint, int64_t checkpoints) {
  return checkpoint < std::max<int64_t>(1, checkpoints / 3);
}

bool is_late(int64_t checkpoint, int64_t checkpoints) {
  return checkpoint >= checkpoints - std::max<int64_t>(1, checkpoints / 3);
}

std::optional<ItemSummary> summarise_items(const TaskCurves& task, const ChoiceVotes* votes,
                                           const ItemRules& rules) {
  ItemMatrix matrix;
  for (const SeriesCurve& series : task.series) {
    if (series.items.empty()) continue;
    if (matrix.empty() || series.items.items() == matrix[0]->items()) {
      matrix.push_back(&series.items);
    }
  }
  if (matrix.empty()) return {};
  ItemSummary summary{.task = task.task, .metric = task.metric, .series = std::ssize(matrix)};
  for (const ItemValues* values : matrix) summary.checkpoints += values->checkpoints();
  summary.documents = task.documents;
  summary.zero_one = all_zero_or_one(matrix);
  const double turn = task.higher_is_better ? 1 : -1;
  summary.progress = progress_of_mean(matrix, turn);
  const ArrayXd mean = mean_rows(matrix, [](int64_t, int64_t) { return true; });
  const ArrayXd early = mean_rows(matrix, is_early), late = mean_rows(matrix, is_late);
  const ArrayXd discrimination = discriminations(matrix, mean);
  const ItemTrend trend = trend_of(matrix);
  for (int64_t i = 0; i < mean.size(); ++i) {
    summary.items.push_back({.difficulty = mean[i],
                             .early = early[i],
                             .late = late[i],
                             .discrimination = number(discrimination[i]),
                             .progress = number(turn * trend.r[i]),
                             .fall_p = fall_p(turn * trend.r[i], trend.autocorrelation[i],
                                              trend.rows, summary.series)});
  }
  find_dead(matrix, summary);
  find_falling(summary, rules.level);
  find_suspects(votes, rules, summary);
  return summary;
}

}  // namespace e2lm
