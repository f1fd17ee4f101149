#include "harness/results/sweep_results.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <span>

#include "base/error.h"
#include "harness/results/item_loader.h"
#include "harness/sweep/items.h"
#include "harness/sweep/plan.h"
#include "scoring/metrics/metric.h"

namespace e2lm {
namespace {

// For error bars of curves, of which there are thousands: known to 2 % is enough.
constexpr int64_t kBootstrapDraws = 1000;

class Loader {
 public:
  explicit Loader(const Store& store)
      : store_(store), plan_(read_plan(store)), cells_(store.cells()) {}

  void load(Report& report) {
    report.rules = plan_.rules;
    report.settings = settings();
    for (const Plan::TaskRow& task : plan_.tasks) {
      if (task.shots) report.shots[task.name] = *task.shots;
    }
    for (const std::string& task : plan_.task_names) load_task(task, report);
    find_missing(report);
    find_equal_weights(report);
    find_mixed_settings(report);
    report.findings.insert(report.findings.end(), no_numbers_.begin(), no_numbers_.end());
  }

 private:
  static std::set<std::string> settings_of(const Plan::SeriesRow& series) {
    std::set<std::string> all;
    for (const Plan::CheckpointRow& checkpoint : series.checkpoints) {
      if (checkpoint.weights) all.insert(checkpoint.settings);
    }
    return all;
  }

  // Of all checkpoints; most sweeps have one.
  std::string settings() const {
    std::set<std::string> all;
    for (const Plan::SeriesRow& series : plan_.series) all.merge(settings_of(series));
    if (const std::string rules = plan_.tokens.describe(); !rules.empty()) all.insert(rules);
    return fmt::format("{}", fmt::join(all, ", "));
  }

  static void find_missing(Report& report) {
    for (const ReportCell& cell : report.cells) {
      if (cell.state == "done") continue;
      report.findings.push_back({.kind = "missing",
                                 .series = cell.series,
                                 .task = cell.task,
                                 .metric = {},
                                 .step = cell.step,
                                 .text = cell.error.empty() ? "no result yet" : cell.error});
    }
  }

  // The same bytes as two checkpoints: an upload gone wrong, or a copy.
  void find_equal_weights(Report& report) const {
    std::map<int64_t, const CheckpointRef*> first;
    for (const Plan::SeriesRow& series : plan_.series) {
      for (const Plan::CheckpointRow& checkpoint : series.checkpoints) {
        if (!checkpoint.weights) continue;
        const auto [found, is_new] = first.try_emplace(*checkpoint.weights, &checkpoint.ref);
        if (is_new) continue;
        report.findings.push_back(
            {.kind = "equal weights",
             .series = checkpoint.ref.series,
             .task = {},
             .metric = {},
             .step = checkpoint.ref.step,
             .text = fmt::format("its weights are those of {} step {}", found->second->series,
                                 found->second->step)});
      }
    }
  }

  // A curve of points that round differently: nodes of two kinds each chose their own.
  void find_mixed_settings(Report& report) const {
    for (const Plan::SeriesRow& series : plan_.series) {
      const std::set<std::string> all = settings_of(series);
      if (all.size() < 2) continue;
      report.findings.push_back(
          {.kind = "mixed arithmetic",
           .series = series.name,
           .task = {},
           .metric = {},
           .text = fmt::format("its checkpoints were computed in {}, which round differently; "
                               "with --dtype and --device they are computed alike",
                               fmt::join(all, " and "))});
    }
  }

  // Some metrics show it, but an accuracy looks like any other.
  void find_no_numbers(const ReportCell& cell, const std::vector<Item>& items) {
    const int64_t odd = std::ranges::count_if(items, [](const Item& item) {
      return !std::ranges::all_of(
          item.choices, [](const Choice& choice) { return std::isfinite(choice.logprob_nats); });
    });
    if (odd == 0) return;
    no_numbers_.push_back(
        {.kind = "not finite",
         .series = cell.series,
         .task = cell.task,
         .metric = {},
         .step = cell.step,
         .text = fmt::format("of {} documents {} have log-likelihoods that are no finite numbers; "
                             "accuracies take NaN for the greatest",
                             items.size(), odd)});
  }

  // One curve per metric and series; the metrics and the chance level are those of the task's
  // items.
  void load_task(const std::string& name, Report& report) {
    const size_t first = report.curves.size();
    for (const Plan::SeriesRow& series : plan_.series) {
      const Plan::TaskRow& task = plan_.task(name, series);
      if (report.curves.size() == first) {
        for (const std::string& stored : task.metrics) {
          const TaskMetric metric = metric_of(stored);
          report.curves.push_back({.task = name,
                                   .metric = std::string(metric.metric->name),
                                   .higher_is_better = metric.higher_is_better});
        }
      }
      for (size_t m = 0; m < task.metrics.size(); ++m) {
        report.curves[first + m].series.push_back({.series = series.name,
                                                   .group = series.group,
                                                   .mix = series.mix,
                                                   .control_for = series.control_for});
      }
      for (const Plan::CheckpointRow& checkpoint : series.checkpoints) {
        report.cells.push_back(
            load_cell(task, checkpoint, std::span(report.curves).subspan(first)));
      }
    }
  }

  // The cell's row of the report; its values become the next point of each of the task's curves.
  ReportCell load_cell(const Plan::TaskRow& task, const Plan::CheckpointRow& checkpoint,
                       std::span<TaskCurves> curves) {
    ReportCell cell{.series = checkpoint.ref.series,
                    .step = checkpoint.ref.step,
                    .tokens = checkpoint.ref.tokens,
                    .task = task.name,
                    .state = checkpoint.error.empty() ? "missing" : "failed",
                    .error = checkpoint.error,
                    .documents = std::ssize(task.items)};
    if (!checkpoint.weights) return cell;
    const auto found = cells_.find({*checkpoint.weights, task.request_set, checkpoint.settings});
    if (found == cells_.end()) return cell;
    const Store::Cell& stored = found->second;
    cell.error = stored.error;
    if (stored.state == Store::State::failed) cell.state = "failed";
    if (stored.state != Store::State::done) return cell;
    cell.state = "done";
    if (told_.insert(stored.id).second) {
      cell.rows = stored.rows;
      cell.seconds = stored.seconds;
    }
    const std::vector<Item> items = loader_.read_cell(stored.id, task);
    find_no_numbers(cell, items);
    add_points(task, checkpoint, items, curves);
    return cell;
  }

  void add_points(const Plan::TaskRow& task, const Plan::CheckpointRow& checkpoint,
                  const std::vector<Item>& items, std::span<TaskCurves> curves) const {
    for (size_t m = 0; m < task.metrics.size(); ++m) {
      const Metric* metric = metric_of(task.metrics[m]).metric;
      curves[m].chance = chance_level(*metric, items);
      const Score score = score_items(*metric, items, {.draws = kBootstrapDraws});
      curves[m].series.back().curve.push_back({.step = checkpoint.ref.step,
                                               .tokens = checkpoint.ref.tokens,
                                               .value = score.value,
                                               .standard_error = score.standard_error});
      add_item_values(*metric, items, curves[m].series.back().items);
    }
  }

  TaskMetric metric_of(const std::string& stored) const {
    return metric_stored_as(stored, store_.database().path().string());
  }

  const Store& store_;
  Plan plan_;
  ItemLoader loader_{store_, plan_};
  std::map<Store::CellKey, Store::Cell> cells_;
  std::set<int64_t> told_;  // cells whose work a row has: of equal weights the first one
  std::vector<Finding> no_numbers_;
};

}  // namespace

void add_sweep_results(const Store& store, Report& report) {
  Loader(store).load(report);
}

}  // namespace e2lm
