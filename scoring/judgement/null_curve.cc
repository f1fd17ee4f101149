#include "scoring/judgement/null_curve.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace e2lm {
namespace {

bool is_right_or_wrong(const JudgedTask::Series& series) {
  const ItemValues& items = series.items();
  return std::all_of(series.rows.begin(), series.rows.end(), [&](int64_t row) {
    const std::span<const float> values = items.at(row);
    return std::all_of(values.begin(), values.end(), [](float v) { return v == 0 || v == 1; });
  });
}

// Whether every score is a whole number of right answers among n.
bool are_shares_of(const Curve& curve, int64_t n) {
  constexpr double kRounding = 1e-6;
  return std::all_of(curve.begin(), curve.end(), [&](const CurvePoint& point) {
    const double right = point.value * static_cast<double>(n);
    return point.value >= 0 && point.value <= 1 && std::abs(right - std::round(right)) < kRounding;
  });
}

// The number of answers that all standard errors agree on; 0 if they do not.
int64_t items_by_errors(const Curve& curve) {
  constexpr double kMost = 1e7, kRounding = 1e-6;
  double items = 0;
  for (const CurvePoint& point : curve) {
    const double error = point.standard_error.value_or(0);
    const double variance = point.value * (1 - point.value);
    if (!(variance > 0)) continue;
    const double n = variance / (error * error) + 1;
    if (!(n < kMost)) return 0;
    if (items == 0) items = std::round(n);
    if (std::abs(n - items) > kRounding * items + kRounding) return 0;
  }
  return static_cast<int64_t>(items);
}

int64_t items_of(const JudgedTask& task, const JudgedTask::Series& series, const Curve& early) {
  const ItemValues& items = series.items();
  if (!items.empty()) return is_right_or_wrong(series) ? items.items() : 0;
  for (const int64_t n : {task.given->item_count, items_by_errors(early)}) {
    if (n > 0 && are_shares_of(early, n)) return n;
  }
  return 0;
}

}  // namespace

NullCurve noise_like(const JudgedTask& task, const JudgedTask::Series& series,
                     const ScoringRules& rules) {
  const Curve early = select(series.curve, rules.early);
  NullCurve noise{.points = std::ssize(early), .rule = rules.tie_rule};
  if (task.sign > 0) noise.items = items_of(task, series, early);
  if (noise.items > 0) {
    for (const CurvePoint& point : early) noise.share += point.value;
    noise.share /= static_cast<double>(early.size());
    return noise;
  }
  // Of few items, or rounded: under the rule for equal scores normal noise, which has none, is no
  // measure of these.
  if (std::vector<double> scores = values_of(early); count_ties(scores).points > 0) {
    std::sort(scores.begin(), scores.end());  // tasks that differ in the order alone share a null
    noise.scores = std::move(scores);
    return noise;
  }
  for (const CurvePoint& point : early) {
    // Of no error at all no noise can be made.
    if (!(point.standard_error.value_or(0) > 0)) {
      noise.errors.clear();
      break;
    }
    noise.errors.push_back(*point.standard_error);
  }
  return noise;
}

}  // namespace e2lm
