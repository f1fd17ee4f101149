#include "harness/submission/scores.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.h"
#include "base/hash.h"
#include "harness/results/item_summaries.h"
#include "harness/results/sweep_results.h"
#include "harness/sweep/plan.h"
#include "reports/judgement_json.h"
#include "reports/scoring_rules_json.h"
#include "scoring/judgement/absences.h"
#include "scoring/metrics/group.h"

namespace e2lm::submission {
namespace {

// One series of all members, at a step that each of them has.
class SeriesPool {
 public:
  SeriesPool(std::span<const TaskCurves* const> members, size_t series, bool weight_by_size)
      : members_(members), series_(series), weight_by_size_(weight_by_size) {}

  SeriesCurve pool() const {
    SeriesCurve pooled = members_.front()->series[series_];
    pooled.curve.clear();
    pooled.items = {};
    std::vector<Curve> curves;
    for (const TaskCurves* member : members_) curves.push_back(member->series[series_].curve);
    for (const int64_t step : common_steps(curves)) add_point(step, pooled);
    return pooled;
  }

 private:
  void add_point(int64_t step, SeriesCurve& pooled) const {
    std::vector<Score> scores;
    std::vector<float> values;
    bool has_items = weight_by_size_;
    for (const TaskCurves* member : members_) {
      const SeriesCurve& from = member->series[series_];
      const auto point = std::find_if(from.curve.begin(), from.curve.end(),
                                      [&](const CurvePoint& p) { return p.step == step; });
      const int64_t index = point - from.curve.begin();
      scores.push_back({point->value, point->standard_error, member->item_count});
      has_items = has_items && from.items.checkpoints() == std::ssize(from.curve);
      if (!has_items) continue;
      const auto items = from.items.at(index);
      values.insert(values.end(), items.begin(), items.end());
      scores.back().items = std::ssize(items);
    }
    const SeriesCurve& first = members_.front()->series[series_];
    const auto place = std::find_if(first.curve.begin(), first.curve.end(),
                                    [&](const CurvePoint& p) { return p.step == step; });
    const Score score = combine(scores, weight_by_size_);
    pooled.curve.push_back({.step = step,
                            .tokens = place->tokens,
                            .value = score.value,
                            .standard_error = score.standard_error});
    if (has_items) pooled.items.add(values);
  }

  std::span<const TaskCurves* const> members_;
  size_t series_;
  bool weight_by_size_;
};

std::optional<double> pooled_chance(std::span<const TaskCurves* const> members,
                                    bool weight_by_size) {
  double sum = 0, weights = 0;
  for (const TaskCurves* member : members) {
    if (!member->chance) return {};
    const double weight = weight_by_size ? static_cast<double>(member->item_count) : 1;
    sum += weight * *member->chance;
    weights += weight;
  }
  return weights > 0 ? std::optional(sum / weights) : std::nullopt;
}

// How many documents a task has, from the cells of a report.
void count_items(const Report& report, TaskCurves& curves) {
  for (const ReportCell& cell : report.cells) {
    if (cell.task == curves.task) curves.item_count = cell.documents;
  }
}

TaskCurves curves_of(const SubmittedTask& task, Report& report) {
  std::vector<const TaskCurves*> members;
  for (const Task& member : task.members) {
    for (TaskCurves& curves : report.curves) {
      if (curves.task != member.name) continue;
      count_items(report, curves);
      members.push_back(&curves);
    }
  }
  if (!task.is_group) return *members.front();
  return pool_curves(task.name, members, task.weight_by_size);
}

Json part_json(const std::optional<double>& value, const std::optional<Interval>& interval) {
  return {{"value", or_null(value)},
          {"low", interval ? Json(interval->low) : Json()},
          {"high", interval ? Json(interval->high) : Json()}};
}

}  // namespace

TaskCurves pool_curves(const std::string& name, std::span<const TaskCurves* const> members,
                       bool weight_by_size) {
  TaskCurves pooled = *members.front();
  pooled.task = name;
  pooled.chance = pooled_chance(members, weight_by_size);
  pooled.item_count = 0;
  for (const TaskCurves* member : members) pooled.item_count += member->item_count;
  for (size_t s = 0; s < pooled.series.size(); ++s) {
    pooled.series[s] = SeriesPool(members, s, weight_by_size).pool();
  }
  return pooled;
}

namespace {

// Of each series, what its curve came from: a line for its tokenizer and one for each checkpoint,
// "STEP WEIGHTS", both as the SHA-256 the store has; without weights if they could not be read.
std::map<std::string, std::string> checkpoints_sha256(const Store& store) {
  std::map<std::string, std::string> by_series;
  for (const Plan::SeriesRow& series : read_plan(store).series) {
    std::string lines = series.tokenizer_sha256 + "\n";
    for (const Plan::CheckpointRow& row : series.checkpoints) {
      lines += fmt::format("{} {}\n", row.ref.step,
                           row.weights ? store.weights_sha256(*row.weights) : "");
    }
    by_series[series.name] = sha256_hex(lines);
  }
  return by_series;
}

}  // namespace

Scored score_task(const SubmittedTask& task, const Manifest& manifest, Store& store,
                  const SweepOptions& options, const std::function<void(ScoringRules&)>& adjust) {
  const PlannedSweep planned = plan_sweep(manifest, task.members, store, {}, options.engine,
                                          {.stop = options.stop, .quiet = options.quiet});
  Scored scored{.summary = run_sweep(planned, store, options)};
  Report& report = scored.report;
  add_sweep_results(store, report);
  if (adjust) adjust(report.rules);
  report.curves = {curves_of(task, report)};
  report.judgements = judge(report.curves, report.rules, options.engine.threads);
  report.items = item_summaries(store, nullptr, report.curves);
  scored.checkpoints_sha256 = checkpoints_sha256(store);
  return scored;
}

Json scores_json(const Scored& scored) {
  const Judgement& judgement = scored.report.judgements.front();
  Json signal = part_json(judgement.signal_mean, judgement.signal_interval);
  signal["noise"] = or_null(judgement.signal_noise_mean);
  signal["p"] = or_null(judgement.signal_noise_p);
  Json series = Json::array();
  for (const SeriesSignal& one : judgement.signal) {
    Json row = part_json(one.signal.quality, one.interval);
    row["series"] = one.series;
    row["checkpoints_sha256"] = scored.checkpoints_sha256.at(one.series);
    series.push_back(std::move(row));
  }
  Json absent = Json::array(), rules = Json::object();
  for (const Absence& absence : absences(judgement)) {
    absent.push_back({{"part", absence.part}, {"reason", absence.reason}});
  }
  add_rules(scored.report.rules, rules);
  return {{"task", judgement.task},
          {"metric", judgement.metric},
          {"signal", std::move(signal)},
          {"ranking", part_json(judgement.ranking_mean, judgement.ranking_interval)},
          {"compliance", part_json(judgement.compliance_mean, judgement.compliance_interval)},
          {"total", part_json(judgement.total, judgement.total_interval)},
          {"absent", std::move(absent)},
          {"series", std::move(series)},
          {"cells", scored.summary.cells},
          {"failed", scored.summary.failed},
          {"settings", scored.report.settings},
          {"rules", std::move(rules)},
          {"note", kComplianceNote}};
}

}  // namespace e2lm::submission
