#include "scoring/judgement/task_numbers.h"

#include <cmath>
#include <set>

#include "scoring/curves/rank_agreement.h"
#include "scoring/curves/signal.h"

namespace e2lm {
namespace {

constexpr int64_t kPerCheckpoint = 3;  // decision accuracy, tau-a, same order

}  // namespace

TaskNumbers::TaskNumbers(const JudgedTask& task, const ScoringRules& rules)
    : task_(task),
      rules_(rules),
      series_(std::ssize(task.series)),
      controls_(std::ssize(task.controls)) {
  const std::vector<Curve> curves = task.curves();
  for (const auto& [a, b] : task.ranked) {
    pairs_.emplace_back(curves[a], curves[b], rules.early, rules.late, rules.reference);
  }
  groups_from_ = total() + 1;
  for (int64_t s = 0; s < series_; ++s) {
    const int64_t points = std::ssize(select(curves[s], rules.early));
    in_signal_mean_.push_back(task.series[s].is_science() && signal_lags(points) > 0);
  }
  for (const JudgedTask::Group& group : task.groups) {
    groups_.emplace_back(curves, group.members, rules.early, rules.late, rules.reference);
    const GroupScores& scores = groups_.back();
    orders_.push_back(scores.has_reference() ? scores.reference(curves) : std::vector<double>());
    group_first_.push_back(groups_from_ + group_numbers_);
    group_numbers_ += kPerCheckpoint * std::ssize(scores.checkpoints());
  }
  find_dependencies();
}

int64_t TaskNumbers::decision_accuracy(int64_t group, int64_t checkpoint) const {
  return group_first_[group] + kPerCheckpoint * checkpoint;
}

int64_t TaskNumbers::kendall_tau_a(int64_t group, int64_t checkpoint) const {
  return decision_accuracy(group, checkpoint) + 1;
}

int64_t TaskNumbers::same_order(int64_t group, int64_t checkpoint) const {
  return decision_accuracy(group, checkpoint) + 2;
}

void TaskNumbers::find_dependencies() {
  depends_.resize(count());
  std::set<int64_t> signals, ranked, controls;
  for (int64_t s = 0; s < series_; ++s) {
    depends_[signal(s)] = {s};
    if (in_signal_mean(s)) signals.insert(s);
  }
  for (int64_t p = 0; p < std::ssize(pairs_); ++p) {
    const JudgedTask::Pair& pair = task_.ranked[p];
    depends_[ranking(p)] = {pair.first, pair.second};
    ranked.insert({pair.first, pair.second});
  }
  for (int64_t c = 0; c < controls_; ++c) {
    const JudgedTask::Pair& pair = task_.controls[c];
    depends_[compliance(c)] = {pair.first, pair.second};
    controls.insert({pair.first, pair.second});
  }
  depends_[signal_mean()].assign(signals.begin(), signals.end());
  depends_[ranking_mean()].assign(ranked.begin(), ranked.end());
  depends_[compliance_mean()].assign(controls.begin(), controls.end());
  std::set<int64_t> all;
  if (rules_.signal_weight != 0) all.merge(signals);
  if (rules_.ranking_weight != 0) all.merge(ranked);
  if (rules_.compliance_weight != 0) all.merge(controls);
  depends_[total()].assign(all.begin(), all.end());
  for (size_t g = 0; g < groups_.size(); ++g) {
    const int64_t numbers = kPerCheckpoint * std::ssize(groups_[g].checkpoints());
    for (int64_t i = 0; i < numbers; ++i) depends_[group_first_[g] + i] = groups_[g].members();
  }
}

std::vector<double> TaskNumbers::of(std::span<const Curve> curves) const {
  std::vector<double> numbers(count(), kUndefined);
  for (int64_t s = 0; s < series_; ++s) {
    const auto quality = quality_alone(values_of(select(curves[s], rules_.early)), rules_.tie_rule);
    numbers[signal(s)] = quality.value_or(kUndefined);
  }
  numbers[signal_mean()] = signal_mean_of(numbers);
  for (int64_t p = 0; p < std::ssize(pairs_); ++p) {
    const auto [a, b] = task_.ranked[p];
    const RankingConsistency result = pairs_[p].consistency(curves[a], curves[b]);
    numbers[ranking(p)] = result.consistency.value_or(kUndefined);
  }
  numbers[ranking_mean()] = mean_of(numbers, ranking(0), std::ssize(pairs_));
  for (int64_t c = 0; c < controls_; ++c) {
    const auto [science, web] = task_.controls[c];
    numbers[compliance(c)] =
        e2lm::compliance(curves[science], curves[web], task_.chance, rules_.early)
            .score(rules_.compliance)
            .value_or(kUndefined);
  }
  numbers[compliance_mean()] = mean_of(numbers, compliance(0), controls_);
  numbers[total()] = total_of(numbers);
  add_groups(curves, numbers);
  return numbers;
}

// Over those that are defined.
double TaskNumbers::mean_of(std::span<const double> numbers, int64_t first, int64_t count) const {
  double sum = 0;
  int64_t defined = 0;
  for (const double number : numbers.subspan(first, count)) {
    if (std::isnan(number)) continue;
    sum += number;
    ++defined;
  }
  return defined == 0 ? kUndefined : sum / static_cast<double>(defined);
}

// A curve that stays the same has no quality, which is no reason to judge the task by the others
// alone; only where all do is there nothing to judge.
double TaskNumbers::signal_mean_of(std::span<const double> numbers) const {
  double sum = 0;
  int64_t counted = 0;
  bool any = false;
  for (int64_t s = 0; s < series_; ++s) {
    if (!in_signal_mean(s)) continue;
    const double quality = numbers[signal(s)];
    any = any || !std::isnan(quality);
    sum += std::isnan(quality) ? 0 : quality;
    ++counted;
  }
  return any ? sum / static_cast<double>(counted) : kUndefined;
}

// A part without weight may be missing.
double TaskNumbers::total_of(std::span<const double> numbers) const {
  double sum = 0;
  bool any = false;
  for (const auto& [weight, part] : {std::pair(rules_.signal_weight, signal_mean()),
                                     std::pair(rules_.ranking_weight, ranking_mean()),
                                     std::pair(rules_.compliance_weight, compliance_mean())}) {
    if (weight == 0) continue;
    sum += weight * numbers[part];  // NaN if the part is
    any = true;
  }
  return any ? sum : kUndefined;
}

void TaskNumbers::add_groups(std::span<const Curve> curves, std::span<double> numbers) const {
  for (int64_t g = 0; g < std::ssize(groups_); ++g) {
    const GroupScores& group = groups_[g];
    if (!group.has_reference()) continue;
    const std::vector<double> reference = group.reference(curves);
    for (int64_t c = 0; c < std::ssize(group.checkpoints()); ++c) {
      const std::vector<double> scores = group.scores(curves, c);
      const PairAgreement agreement = pair_agreement(scores, reference);
      numbers[decision_accuracy(g, c)] = agreement.decision_accuracy;
      numbers[kendall_tau_a(g, c)] = agreement.kendall_tau_a;
      numbers[same_order(g, c)] = e2lm::same_order(scores, orders_[g]) ? 1 : 0;
    }
  }
}

}  // namespace e2lm
