#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "scoring/curves/compliance.h"
#include "scoring/curves/curve_draws.h"
#include "scoring/curves/fine_tasks.h"
#include "scoring/curves/rank_agreement.h"
#include "scoring/curves/ranking.h"
#include "scoring/curves/signal.h"
#include "scoring/curves/signal_to_noise.h"
#include "scoring/curves/task_curves.h"
#include "scoring/judgement/rules.h"
#include "scoring/judgement/sanity.h"
#include "scoring/statistics/interval.h"

namespace e2lm {

// What a number is worth beside what curves without signal score.
struct NullComparison {
  double mean = 0;   // of such curves
  double p = 1;      // their chance of scoring as high
  double share = 1;  // mean / score, in [0, 1]: how much of the score they explain
};

// Of one series, on the early grid, read as the rules say.
struct SeriesSignal {
  std::string series;
  SignalQuality signal;
  std::optional<NullComparison> noise;  // white noise of the items' sampling error
  std::optional<NullComparison> walk;   // a random walk
  std::optional<Interval> interval;     // of the quality
  DrawSource interval_from = DrawSource::none;
  FineTasksCurve fine_tasks;
  Variation variation;
  // Whether the mean of the last three checkpoints of a phase is above chance by more than three
  // standard errors; absent without a chance level, checkpoints or their errors.
  std::optional<bool> above_chance_early;
  std::optional<bool> above_chance_late;
};

struct PairRanking {
  std::string group, a, b;
  RankingConsistency result;
  std::optional<Interval> interval;
};

// How a group's models are ordered at a checkpoint that all of them have, against the reference.
struct StepRanking {
  int64_t step = 0;
  double tokens = 0;
  RankAgreement agreement;
  std::optional<Interval> accuracy_interval;  // of the decision accuracy
  std::optional<Interval> tau_interval;       // of Kendall's tau-a
};

struct Place {
  int64_t step = 0;
  double tokens = 0;
};

struct GroupRanking {
  std::string group;
  std::vector<std::string> models;
  std::vector<StepRanking> steps;  // none without a reference
  // The first checkpoint from which on every one shows the data's reference order of all models
  // with 95 % confidence, by the share of draws in which it does; absent if even the last does not.
  std::optional<Place> early_enough;
};

struct PairCompliance {
  std::string group, science, web;
  Compliance result;
  std::optional<double> score;  // by the rules' measure
  std::optional<Interval> interval;
};

// Over all science series at the checkpoints that all of them have.
struct TaskSignal {
  std::vector<std::string> models;
  SignalToNoise snr;                                // of the last ones
  std::vector<std::optional<double>> monotonicity;  // FineTasks', [models], on the early grid
  std::optional<double> monotonicity_mean;
  ModelOrdering ordering;             // on the early grid
  std::optional<Place> early_enough;  // the latest of the groups'; absent if any has none
};

// What a set of series says about one task scored by one metric. Means and counts are over the
// science-mix series; a part that cannot be computed is absent, never NaN.
//
// Intervals are 95 % percentile intervals of draws (scoring/curves/curve_draws.h), about what a
// number comes to on average over sets of as many other items of the same kind; a single such set
// comes out inside less often. Draws carry noise twice, the curve's own and that of the draw. Noise
// breaks the order of checkpoints, so it lowers signal quality: in six simulated settings the mean
// quality of draws was 0.05 to 0.3 below that of the curve, and plain percentile intervals held the
// expected quality in 0 to 85 % of cases. Therefore the draws of signal quality are moved so that
// their mean is the value, and held in [0, 1]; then it was 85 to 100 %. The total's draws are the
// weighted sums of such draws of its parts; its intervals held the expected total in 89 to 99 %.
struct Judgement {
  std::string task;
  std::string metric;
  int64_t items = 0;  // that a score is the mean of, the most of any series; 0: not known
  std::optional<double> chance;
  std::vector<SeriesSignal> signal;
  std::optional<double> signal_mean;  // see TaskNumbers::in_signal_mean
  // Means of its parts, and of its bounds over all orders of equal scores.
  std::optional<double> monotonicity_mean, autocorrelation_mean, quality_min_mean, quality_max_mean;
  std::optional<double> signal_noise_mean, signal_noise_p;  // of that mean: white noise
  std::optional<double> signal_walk_mean, signal_walk_p;    // random walks
  int64_t early_above = 0, early_of = 0;  // series above chance at the end of the early phase
  int64_t late_above = 0, late_of = 0;    // at the end of the late phase
  std::vector<PairRanking> ranking;
  std::optional<double> ranking_mean;
  std::vector<GroupRanking> groups;
  std::vector<PairCompliance> compliance;
  std::optional<double> compliance_mean;
  TaskSignal task_signal;
  // signal·w1 + ranking·w2 + compliance·w3; absent unless every part with a weight exists. Not the
  // official total: the competition's compliance formula is not public.
  std::optional<double> total;
  std::optional<Interval> signal_interval, ranking_interval, compliance_interval, total_interval;
  std::vector<Finding> findings;
};

// Judges every task by every metric given; the order is kept. Intervals are percentiles of the
// draws that scoring/curves/curve_draws.h describes. The same for any number of threads (0: all
// there are).
std::vector<Judgement> judge(const std::vector<TaskCurves>& tasks, const ScoringRules& rules,
                             int threads = 0);

}  // namespace e2lm
