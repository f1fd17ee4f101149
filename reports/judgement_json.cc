#include "reports/judgement_json.h"

#include <utility>

#include "scoring/judgement/absences.h"

namespace e2lm {
namespace {

Json interval_json(const std::optional<Interval>& interval) {
  return interval ? Json{interval->low, interval->high} : Json(nullptr);
}

Json ranked_json(const RankedQuality& quality) {
  return {{"rho", or_null(quality.rho)},
          {"mono", or_null(quality.monotonicity)},
          {"sq", or_null(quality.quality)}};
}

constexpr double kMostOrders = 1e15;  // beyond it a double does not count them one by one

Json ties_json(const TieReport& ties) {
  return {{"stable", ranked_json(ties.stable)},
          {"reversed", ranked_json(ties.reversed)},
          {"average_d2", ranked_json(ties.average_d2)},
          {"average_pearson", ranked_json(ties.average_pearson)},
          {"min", ranked_json(ties.min)},
          {"max", ranked_json(ties.max)},
          {"tied_groups", ties.groups},
          {"tied_points", ties.points},
          {"orders", ties.orders <= kMostOrders ? Json(ties.orders) : Json(nullptr)}};
}

void add_nulls(const SeriesSignal& series, Json& json) {
  const auto of = [](const std::optional<NullComparison>& null, double NullComparison::*field) {
    return null ? Json((*null).*field) : Json(nullptr);
  };
  json["null_mean"] = of(series.noise, &NullComparison::mean);
  json["null_p"] = of(series.noise, &NullComparison::p);
  json["null_share"] = of(series.noise, &NullComparison::share);
  json["null_walk_mean"] = of(series.walk, &NullComparison::mean);
  json["null_walk_p"] = of(series.walk, &NullComparison::p);
}

Json signal_json(const Judgement& judgement, const SeriesSignal& series, const Grid& grid) {
  const SignalQuality& signal = series.signal;
  Json json = {{"series", series.series},
               {"task", judgement.task},
               {"metric", judgement.metric},
               {"n", signal.n},
               {"lags", signal.lags},
               {"grid", grid.describe()},
               {"tie_rule", tie_rule_name(signal.rule)},
               {"rho", or_null(signal.rho)},
               {"monotonicity", or_null(signal.monotonicity)},
               {"autocorrelation", or_null(signal.autocorrelation)},
               {"signal_quality", or_null(signal.quality)},
               {"tie_interval", {or_null(signal.quality_min), or_null(signal.quality_max)}},
               {"tied_points", signal.tied_points},
               {"first", or_null(signal.first)},
               {"last", or_null(signal.last)},
               {"ties", ties_json(signal.ties)},
               {"interval", interval_json(series.interval)},
               {"interval_from", series.interval_from == DrawSource::none
                                     ? Json(nullptr)
                                     : Json(draw_source_name(series.interval_from))}};
  add_nulls(series, json);
  json["finetasks"] = {{"monotonicity", or_null(series.fine_tasks.monotonicity)},
                       {"snr", or_null(series.fine_tasks.snr)},
                       {"non_randomness", or_null(series.fine_tasks.non_randomness)}};
  json["total_variation"] = or_null(series.variation.total_variation);
  json["signal_and_noise"] = {{"monotonicity", or_null(series.variation.monotonicity)},
                              {"total_variation", or_null(series.variation.total_variation)},
                              {"total_variation_normalised", or_null(series.variation.normalised)},
                              {"improvement", or_null(series.variation.improvement)}};
  json["above_chance_early"] = or_null(series.above_chance_early);
  json["above_chance_late"] = or_null(series.above_chance_late);
  return json;
}

Json ranking_json(const Judgement& judgement, const PairRanking& pair, const ScoringRules& rules) {
  return {{"task", judgement.task},
          {"metric", judgement.metric},
          {"group", pair.group},
          {"a", pair.a},
          {"b", pair.b},
          {"grid", rules.late.describe()},
          {"reference", rules.reference.describe()},
          {"reference_step", or_null(pair.result.reference_step)},
          {"n", pair.result.late},
          {"agree", pair.result.agree},
          {"tied", pair.result.tied},
          {"ranking_consistency", or_null(pair.result.consistency)},
          {"interval", interval_json(pair.interval)}};
}

Json step_json(const Judgement& judgement, const GroupRanking& group, const StepRanking& step) {
  return {{"task", judgement.task},
          {"metric", judgement.metric},
          {"group", group.group},
          {"models", group.models},
          {"step", step.step},
          {"tokens", step.tokens},
          {"kendall_tau_a", step.agreement.kendall_tau_a},
          {"kendall_tau_b", or_null(step.agreement.kendall_tau_b)},
          {"spearman", or_null(step.agreement.spearman)},
          {"decision_accuracy", step.agreement.decision_accuracy},
          {"interval", interval_json(step.accuracy_interval)},
          {"kendall_tau_a_interval", interval_json(step.tau_interval)}};
}

Json place_json(const std::optional<Place>& place) {
  return place ? Json{{"step", place->step}, {"tokens", place->tokens}} : Json(nullptr);
}

Json by_model(const std::vector<std::string>& models,
              const std::vector<std::optional<double>>& values) {
  Json json = Json::object();
  for (size_t m = 0; m < values.size(); ++m) json[models[m]] = or_null(values[m]);
  return json;
}

Json task_signal_json(const Judgement& judgement) {
  const TaskSignal& signal = judgement.task_signal;
  const SignalToNoise& snr = signal.snr;
  const std::vector<std::optional<double>> means(snr.mean_last.begin(), snr.mean_last.end());
  return {{"task", judgement.task},
          {"metric", judgement.metric},
          {"snr",
           {{"last_steps", snr.last_steps},
            {"mean_last", by_model(signal.models, means)},
            {"noise", by_model(signal.models, snr.noise)},
            {"signal", or_null(snr.signal)},
            {"snr", by_model(signal.models, snr.snr)},
            {"snr_mean_noise", or_null(snr.snr_mean_noise)},
            {"snr_pooled", or_null(snr.snr_pooled)}}},
          {"finetasks",
           {{"monotonicity", by_model(signal.models, signal.monotonicity)},
            {"monotonicity_mean", or_null(signal.monotonicity_mean)},
            {"ordering_steps", signal.ordering.steps},
            {"ordering_pairs", signal.ordering.pairs},
            {"ordering_tau_a", or_null(signal.ordering.kendall_tau_a)},
            {"ordering_tau_b", or_null(signal.ordering.kendall_tau_b)}}},
          {"early_enough", place_json(signal.early_enough)}};
}

Json compliance_json(const Judgement& judgement, const PairCompliance& pair,
                     const ScoringRules& rules) {
  return {{"task", judgement.task},
          {"metric", judgement.metric},
          {"group", pair.group},
          {"science", pair.science},
          {"web", pair.web},
          {"grid", rules.early.describe()},
          {"n", pair.result.points},
          {"science_mean", pair.result.science_mean},
          {"web_mean", pair.result.web_mean},
          {"chance", or_null(judgement.chance)},
          {"measure", compliance_measure_name(rules.compliance)},
          {"official", false},
          {"compliance", or_null(pair.score)},
          {"interval", interval_json(pair.interval)},
          {"gap_over_chance", or_null(pair.result.gap_over_chance)},
          {"auc_gap", or_null(pair.result.auc_gap)},
          {"effect_size", or_null(pair.result.effect_size)}};
}

Json leaderboard_json(const Judgement& judgement) {
  const TaskSignal& signal = judgement.task_signal;
  const std::optional<Place>& early = signal.early_enough;
  return {
      {"task", judgement.task},
      {"metric", judgement.metric},
      {"items", judgement.items > 0 ? Json(judgement.items) : Json(nullptr)},
      {"chance", or_null(judgement.chance)},
      {"signal_quality", or_null(judgement.signal_mean)},
      {"signal_interval", interval_json(judgement.signal_interval)},
      {"monotonicity", or_null(judgement.monotonicity_mean)},
      {"autocorrelation", or_null(judgement.autocorrelation_mean)},
      {"tie_interval", {or_null(judgement.quality_min_mean), or_null(judgement.quality_max_mean)}},
      {"null_mean", or_null(judgement.signal_noise_mean)},
      {"null_p", or_null(judgement.signal_noise_p)},
      {"null_walk_mean", or_null(judgement.signal_walk_mean)},
      {"null_walk_p", or_null(judgement.signal_walk_p)},
      {"early_above_chance", {judgement.early_above, judgement.early_of}},
      {"late_above_chance", {judgement.late_above, judgement.late_of}},
      {"ranking_consistency", or_null(judgement.ranking_mean)},
      {"ranking_interval", interval_json(judgement.ranking_interval)},
      {"compliance", or_null(judgement.compliance_mean)},
      {"compliance_interval", interval_json(judgement.compliance_interval)},
      {"total", or_null(judgement.total)},
      {"total_interval", interval_json(judgement.total_interval)},
      {"snr", or_null(signal.snr.snr_mean_noise)},
      {"early_enough_tokens", early ? Json(early->tokens) : Json(nullptr)},
      {"early_enough_step", early ? Json(early->step) : Json(nullptr)}};
}

}  // namespace

void add_judgements(const std::vector<Judgement>& judgements, const ScoringRules& rules,
                    Json& report) {
  for (const char* key : {"leaderboard", "absences", "signal", "ranking", "ranking_steps",
                          "task_signal", "compliance"}) {
    report[key] = Json::array();
  }
  for (const Judgement& judgement : judgements) {
    report["leaderboard"].push_back(leaderboard_json(judgement));
    for (const Absence& absence : absences(judgement)) {
      report["absences"].push_back({{"task", judgement.task},
                                    {"metric", judgement.metric},
                                    {"part", absence.part},
                                    {"reason", absence.reason}});
    }
    report["task_signal"].push_back(task_signal_json(judgement));
    for (const SeriesSignal& series : judgement.signal) {
      report["signal"].push_back(signal_json(judgement, series, rules.early));
    }
    for (const PairRanking& pair : judgement.ranking) {
      report["ranking"].push_back(ranking_json(judgement, pair, rules));
    }
    for (const GroupRanking& group : judgement.groups) {
      for (const StepRanking& step : group.steps) {
        report["ranking_steps"].push_back(step_json(judgement, group, step));
      }
    }
    for (const PairCompliance& pair : judgement.compliance) {
      report["compliance"].push_back(compliance_json(judgement, pair, rules));
    }
  }
}

}  // namespace e2lm
