#pragma once

#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include "scoring/curves/group_ranking.h"
#include "scoring/curves/ranking.h"
#include "scoring/judgement/judged_task.h"

namespace e2lm {

// Every number of a judgement that gets an interval, as a function of the curves: the same function
// gives the values reported and those of each draw, so that a total's interval comes from its
// parts.
class TaskNumbers {
 public:
  TaskNumbers(const JudgedTask& task, const ScoringRules& rules);

  // Where each number stands.
  int64_t count() const { return groups_from_ + group_numbers_; }
  int64_t signal(int64_t series) const { return series; }
  int64_t signal_mean() const { return series_; }
  int64_t ranking(int64_t pair) const { return series_ + 1 + pair; }
  int64_t ranking_mean() const { return ranking(std::ssize(pairs_)); }
  int64_t compliance(int64_t control) const { return ranking_mean() + 1 + control; }
  int64_t compliance_mean() const { return compliance(controls_); }
  int64_t total() const { return compliance_mean() + 1; }
  // Of a group at one of its common checkpoints, against its reference.
  int64_t decision_accuracy(int64_t group, int64_t checkpoint) const;
  int64_t kendall_tau_a(int64_t group, int64_t checkpoint) const;
  int64_t same_order(int64_t group, int64_t checkpoint) const;  // 1 if as in the data's reference

  // The numbers, NaN where one is not defined. REQUIRES: curves with the task's points.
  std::vector<double> of(std::span<const Curve> curves) const;

  // The total of numbers that have its parts.
  double total_of(std::span<const double> numbers) const;

  const std::vector<RankedPair>& pairs() const { return pairs_; }
  const std::vector<GroupScores>& groups() const { return groups_; }
  // Whether the task's signal is a mean over this series, too: a science series with enough early
  // checkpoints. It counts as 0 where it has no quality because its scores stay the same, as a
  // curve of noise does that is constant by chance.
  bool in_signal_mean(int64_t series) const { return in_signal_mean_[series]; }
  // The series that a number depends on.
  const std::vector<int64_t>& depends_on(int64_t number) const { return depends_[number]; }

  static constexpr double kUndefined = std::numeric_limits<double>::quiet_NaN();

 private:
  void find_dependencies();
  double mean_of(std::span<const double> numbers, int64_t first, int64_t count) const;
  double signal_mean_of(std::span<const double> numbers) const;
  void add_groups(std::span<const Curve> curves, std::span<double> numbers) const;

  const JudgedTask& task_;
  const ScoringRules& rules_;
  int64_t series_, controls_;
  int64_t groups_from_ = 0, group_numbers_ = 0;
  std::vector<RankedPair> pairs_;     // of the task's pairs, in their order
  std::vector<int64_t> group_first_;  // of each group's numbers
  std::vector<GroupScores> groups_;
  std::vector<std::vector<double>> orders_;  // each group's reference scores in the data, or empty
  std::vector<std::vector<int64_t>> depends_;
  std::vector<bool> in_signal_mean_;  // [series]
};

}  // namespace e2lm
