#include "scoring/judgement/judge.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "base/parallel.h"
#include "scoring/judgement/null_curve.h"
#include "scoring/judgement/sanity_checks.h"

namespace e2lm {
namespace {

constexpr double kConfidence = 0.95;

NullComparison compare(double score, const NullDistribution& null) {
  const double share = score > 0 ? std::clamp(null.mean() / score, 0.0, 1.0) : 1.0;
  return {.mean = null.mean(), .p = null.p_value(score), .share = share};
}

// Moves draws of a share so that their mean is its value; those that are not defined stay so.
void centre(std::span<double> draws, double value) {
  double sum = 0;
  int64_t defined = 0;
  for (const double draw : draws) {
    if (std::isnan(draw)) continue;
    sum += draw;
    ++defined;
  }
  const double shift = value - sum / static_cast<double>(defined);
  for (double& draw : draws) {
    if (!std::isnan(draw)) draw = std::clamp(draw + shift, 0.0, 1.0);
  }
}

int64_t most_items(const TaskCurves& task) {
  int64_t items = task.item_count;
  for (const SeriesCurve& series : task.series) items = std::max(items, series.items.items());
  return items;
}

}  // namespace

Judge::Judge(const TaskCurves& task, const ScoringRules& rules, NullModels& nulls, int threads)
    : rules_(rules),
      nulls_(nulls),
      threads_(threads),
      task_(prepare(task, rules)),
      curves_(task_.curves()),
      numbers_(task_, rules),
      values_(numbers_.of(curves_)),
      result_{.task = task.task, .metric = task.metric, .items = most_items(task)} {
  if (task_.chance) result_.chance = task_.sign * *task_.chance;
}

Judgement Judge::run() {
  draw();
  if (!drawn_.empty()) centre_draws();
  for (int64_t s = 0; s < std::ssize(task_.series); ++s) add_signal(s);
  compare_with_nulls();
  add_ranking();
  for (int64_t g = 0; g < std::ssize(task_.groups); ++g) add_group(g);
  add_compliance();
  add_task_signal();
  result_.total = value(numbers_.total());
  result_.total_interval = interval(numbers_.total());
  result_.findings = check_task(task_, rules_);
  return std::move(result_);
}

// All numbers in every draw.
void Judge::draw() {
  if (rules_.draws <= 0) return;
  std::vector<SeriesToDraw> series;
  for (const JudgedTask::Series& one : task_.series) {
    series.push_back({one.curve, one.items(), one.rows, task_.sign, one.given->series});
  }
  const DrawOptions options{rules_.draws, rules_.seed, threads_};
  const CurveDraws& draws = curve_draws_.emplace(series, options);
  if (!draws.any()) return;
  drawn_.resize(numbers_.count() * rules_.draws);
  constexpr int64_t kGrain = 64;
  parallel_for(threads_, rules_.draws, kGrain, [&](int64_t first, int64_t last) {
    std::vector<Curve> curves = curves_;
    for (int64_t d = first; d < last; ++d) {
      for (int64_t s = 0; s < std::ssize(curves); ++s) {
        if (draws.source(s) == DrawSource::none) continue;
        const std::span<const double> values = draws.values(d, s);
        for (size_t p = 0; p < values.size(); ++p) curves[s][p].value = values[p];
      }
      const std::vector<double> numbers = numbers_.of(curves);
      for (size_t k = 0; k < numbers.size(); ++k) drawn_[k * rules_.draws + d] = numbers[k];
    }
  });
}

// See Judgement on why. The total's draws follow their parts.
void Judge::centre_draws() {
  std::vector<int64_t> signals = {numbers_.signal_mean()};
  for (int64_t s = 0; s < std::ssize(task_.series); ++s) signals.push_back(numbers_.signal(s));
  for (const int64_t number : signals) {
    if (value(number)) centre(draws_of(number), *value(number));
  }
  std::vector<double> numbers(numbers_.count());
  for (int64_t d = 0; d < rules_.draws; ++d) {
    for (const int64_t part :
         {numbers_.signal_mean(), numbers_.ranking_mean(), numbers_.compliance_mean()}) {
      numbers[part] = draws_of(part)[d];
    }
    draws_of(numbers_.total())[d] = numbers_.total_of(numbers);
  }
}

std::span<double> Judge::draws_of(int64_t number) {
  return std::span(drawn_).subspan(number * rules_.draws, rules_.draws);
}

std::optional<double> Judge::value(int64_t number) const {
  if (std::isnan(values_[number])) return {};
  return values_[number];
}

bool Judge::has_draws_of(int64_t number) const {
  if (!curve_draws_) return false;
  const std::vector<int64_t>& series = numbers_.depends_on(number);
  return std::all_of(series.begin(), series.end(), [&](int64_t s) {
    return curve_draws_->source(s) != DrawSource::none || !task_.series[s].has_results();
  });
}

std::optional<Interval> Judge::interval(int64_t number) const {
  if (!value(number) || !has_draws_of(number)) return {};
  return percentile_interval(std::span(drawn_).subspan(number * rules_.draws, rules_.draws));
}

double Judge::share_of_draws(int64_t number) const {
  double sum = 0;
  for (int64_t d = 0; d < rules_.draws; ++d) sum += drawn_[number * rules_.draws + d];
  return sum / static_cast<double>(rules_.draws);
}

void Judge::add_signal(int64_t index) {
  const JudgedTask::Series& series = task_.series[index];
  const Curve early = select(series.curve, rules_.early);
  const std::vector<double> values = values_of(early);
  SeriesSignal signal{.series = series.given->series,
                      .signal = signal_quality(values, rules_.tie_rule),
                      .interval = interval(numbers_.signal(index)),
                      .fine_tasks = fine_tasks(early, task_.chance),
                      .variation = variation(values)};
  if (signal.interval) signal.interval_from = curve_draws_->source(index);
  signal.above_chance_early = ends_above_chance(early, task_.chance);
  signal.above_chance_late = ends_above_chance(select(series.curve, rules_.late), task_.chance);
  if (series.is_science()) {
    result_.early_of += signal.above_chance_early.has_value();
    result_.early_above += signal.above_chance_early.value_or(false);
    result_.late_of += signal.above_chance_late.has_value();
    result_.late_above += signal.above_chance_late.value_or(false);
  }
  result_.signal.push_back(std::move(signal));
}

void Judge::compare_with_nulls() {
  std::vector<const NullDistribution*> noises, walks;
  for (size_t s = 0; s < task_.series.size(); ++s) {
    SeriesSignal& signal = result_.signal[s];
    if (signal.signal.lags == 0 || !nulls_.any()) continue;
    const NullDistribution& noise = nulls_.of(noise_like(task_, task_.series[s], rules_));
    const NullDistribution& walk = nulls_.of(
        {.kind = NullKind::random_walk, .points = signal.signal.n, .rule = rules_.tie_rule});
    if (signal.signal.quality) {
      signal.noise = compare(*signal.signal.quality, noise);
      signal.walk = compare(*signal.signal.quality, walk);
    }
    if (!numbers_.in_signal_mean(static_cast<int64_t>(s))) continue;
    noises.push_back(&noise);
    walks.push_back(&walk);
  }
  result_.monotonicity_mean = science_mean(&SignalQuality::monotonicity);
  result_.autocorrelation_mean = science_mean(&SignalQuality::autocorrelation);
  result_.quality_min_mean = science_mean(&SignalQuality::quality_min);
  result_.quality_max_mean = science_mean(&SignalQuality::quality_max);
  result_.signal_mean = value(numbers_.signal_mean());
  result_.signal_interval = interval(numbers_.signal_mean());
  if (noises.empty() || !result_.signal_mean) return;
  const NullDistribution noise = nulls_.of_mean(noises), walk = nulls_.of_mean(walks);
  result_.signal_noise_mean = noise.mean();
  result_.signal_noise_p = noise.p_value(*result_.signal_mean);
  result_.signal_walk_mean = walk.mean();
  result_.signal_walk_p = walk.p_value(*result_.signal_mean);
}

// Of a part of signal quality, over the series that its mean is taken over: those without quality
// have none of its parts either, whatever order equal scores are put in.
std::optional<double> Judge::science_mean(std::optional<double> SignalQuality::*part) const {
  if (!value(numbers_.signal_mean())) return {};
  double sum = 0;
  int64_t count = 0;
  for (size_t s = 0; s < task_.series.size(); ++s) {
    const SignalQuality& signal = result_.signal[s].signal;
    if (!numbers_.in_signal_mean(static_cast<int64_t>(s))) continue;
    if (signal.quality) sum += (signal.*part).value_or(0);
    ++count;
  }
  return sum / static_cast<double>(count);
}

void Judge::add_ranking() {
  for (int64_t p = 0; p < std::ssize(task_.ranked); ++p) {
    const auto [a, b] = task_.ranked[p];
    const SeriesCurve &first = *task_.series[a].given, &second = *task_.series[b].given;
    result_.ranking.push_back({.group = first.group,
                               .a = first.series,
                               .b = second.series,
                               .result = numbers_.pairs()[p].consistency(curves_[a], curves_[b]),
                               .interval = interval(numbers_.ranking(p))});
  }
  result_.ranking_mean = value(numbers_.ranking_mean());
  result_.ranking_interval = interval(numbers_.ranking_mean());
}

void Judge::add_group(int64_t index) {
  const GroupScores& group = numbers_.groups()[index];
  GroupRanking ranking{.group = task_.groups[index].name};
  for (const int64_t s : group.members()) {
    ranking.models.push_back(task_.series[s].given->series);
  }
  bool steady = true;
  for (int64_t c = std::ssize(group.checkpoints()) - 1; group.has_reference() && c >= 0; --c) {
    const Place place{group.checkpoints()[c].step, group.checkpoints()[c].tokens};
    ranking.steps.push_back(
        {.step = place.step,
         .tokens = place.tokens,
         .agreement = rank_agreement(group.scores(curves_, c), group.reference(curves_)),
         .accuracy_interval = interval(numbers_.decision_accuracy(index, c)),
         .tau_interval = interval(numbers_.kendall_tau_a(index, c))});
    const int64_t same = numbers_.same_order(index, c);
    steady = steady && has_draws_of(same) && share_of_draws(same) >= kConfidence;
    if (steady) ranking.early_enough = place;
  }
  std::reverse(ranking.steps.begin(), ranking.steps.end());
  result_.groups.push_back(std::move(ranking));
}

void Judge::add_compliance() {
  for (int64_t c = 0; c < std::ssize(task_.controls); ++c) {
    const auto [a, b] = task_.controls[c];
    const SeriesCurve &science = *task_.series[a].given, &web = *task_.series[b].given;
    Compliance result = compliance(curves_[a], curves_[b], task_.chance, rules_.early);
    result.science_mean *= task_.sign;  // as the metric has them
    result.web_mean *= task_.sign;
    result_.compliance.push_back({.group = science.group,
                                  .science = science.series,
                                  .web = web.series,
                                  .result = result,
                                  .score = value(numbers_.compliance(c)),
                                  .interval = interval(numbers_.compliance(c))});
  }
  result_.compliance_mean = value(numbers_.compliance_mean());
  result_.compliance_interval = interval(numbers_.compliance_mean());
}

void Judge::add_task_signal() {
  TaskSignal& signal = result_.task_signal;
  std::vector<Curve> science, early;
  for (const int64_t s : task_.science()) {
    signal.models.push_back(task_.series[s].given->series);
    science.push_back(curves_[s]);
  }
  const std::vector<int64_t> steps = common_steps(science);
  double sum = 0;
  int64_t defined = 0;
  for (Curve& curve : science) {
    curve = at_steps(curve, steps);
    early.push_back(select(curve, rules_.early));
    signal.monotonicity.push_back(fine_tasks(early.back(), {}).monotonicity);
    sum += signal.monotonicity.back().value_or(0);
    defined += signal.monotonicity.back().has_value();
  }
  if (defined > 0) signal.monotonicity_mean = sum / static_cast<double>(defined);
  signal.snr = signal_to_noise(science);
  for (double& mean : signal.snr.mean_last) mean *= task_.sign;
  signal.ordering = model_ordering(early);
  for (const GroupRanking& group : result_.groups) {
    if (!group.early_enough) return signal.early_enough.reset();
    const auto order = [](const Place& place) { return std::pair(place.tokens, place.step); };
    if (!signal.early_enough || order(*signal.early_enough) < order(*group.early_enough)) {
      signal.early_enough = group.early_enough;
    }
  }
}

}  // namespace e2lm
