#pragma once

#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "scoring/judgement/judged_task.h"
#include "scoring/judgement/judgement.h"
#include "scoring/judgement/null_model.h"
#include "scoring/judgement/task_numbers.h"

namespace e2lm {

// Judges one task by one metric; see judge() in scoring/judgement/judgement.h.
class Judge {
 public:
  // Refers to all of these.
  Judge(const TaskCurves& task, const ScoringRules& rules, NullModels& nulls, int threads);

  Judgement run();

 private:
  void draw();
  void centre_draws();
  void add_signal(int64_t series);
  void compare_with_nulls();
  std::optional<double> science_mean(std::optional<double> SignalQuality::*part) const;
  void add_ranking();
  void add_group(int64_t group);
  void add_compliance();
  void add_task_signal();

  std::optional<double> value(int64_t number) const;
  std::optional<Interval> interval(int64_t number) const;
  bool has_draws_of(int64_t number) const;
  std::span<double> draws_of(int64_t number);
  double share_of_draws(int64_t number) const;  // the mean of a number that is 0 or 1

  const ScoringRules& rules_;
  NullModels& nulls_;
  int threads_;
  JudgedTask task_;
  std::vector<Curve> curves_;
  TaskNumbers numbers_;
  std::vector<double> values_;  // of the numbers, in the data
  std::optional<CurveDraws> curve_draws_;
  std::vector<double> drawn_;  // [numbers, draws]
  Judgement result_;
};

}  // namespace e2lm
