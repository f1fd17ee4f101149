#include "harness/results/item_loader.h"

#include <numeric>

#include "harness/sweep/evaluate.h"
#include "harness/sweep/items.h"
#include "scoring/items/item_analysis.h"
#include "scoring/metrics/statistic.h"

namespace e2lm {
namespace {

CurvePoint point_of(const CheckpointRef& ref, std::span<const float> values) {
  const double sum = std::accumulate(values.begin(), values.end(), 0.0);
  return {
      .step = ref.step, .tokens = ref.tokens, .value = sum / static_cast<double>(values.size())};
}

}  // namespace

ItemLoader::ItemLoader(const Store& store, const Plan& plan)
    : store_(store), plan_(plan), cells_(store.cells()) {}

std::optional<std::vector<Item>> ItemLoader::read(const Plan::TaskRow& task,
                                                  const Plan::CheckpointRow& checkpoint) {
  const auto cell = find(task, checkpoint);
  if (!cell) return {};
  return read_cell(*cell, task);
}

std::optional<int64_t> ItemLoader::find(const Plan::TaskRow& task,
                                        const Plan::CheckpointRow& checkpoint) const {
  if (!checkpoint.weights) return {};
  const auto found = cells_.find({*checkpoint.weights, task.request_set, checkpoint.settings});
  if (found == cells_.end() || found->second.state != Store::State::done) return {};
  return found->second.id;
}

std::vector<Item> ItemLoader::read_cell(int64_t cell, const Plan::TaskRow& task) {
  return items_of(task.items, read_scores_of(cell, task));
}

std::vector<RequestScore> ItemLoader::read_scores_of(int64_t cell, const Plan::TaskRow& task) {
  const auto [order, is_new] = orders_.try_emplace(task.request_set);
  if (is_new) order->second = store_.finish_order(task.request_set);
  return read_scores(store_, cell, order->second);
}

void add_item_values(const Metric& metric, std::span<const Item> items, ItemValues& into) {
  if (metric.aggregation != "mean") return;
  std::vector<float> values;
  for (const double value : numbers_of(item_values(metric, items))) {
    values.push_back(static_cast<float>(value));
  }
  into.add(values);
}

TaskCurves load_item_values(ItemLoader& loader, const std::string& task, const Metric& metric) {
  TaskCurves curves{.task = task,
                    .metric = std::string(metric.name),
                    .higher_is_better = metric.higher_is_better};
  for (const Plan::SeriesRow& series : loader.plan().series) {
    const Plan::TaskRow& row = loader.plan().task(task, series);
    curves.higher_is_better = is_higher_better(metric, row.metrics);
    SeriesCurve& curve = curves.series.emplace_back();
    curve.series = series.name;
    curve.group = series.group;
    curve.mix = series.mix;
    curve.control_for = series.control_for;
    for (const Plan::CheckpointRow& checkpoint : series.checkpoints) {
      const auto items = loader.read(row, checkpoint);
      if (!items) continue;
      add_item_values(metric, *items, curve.items);
      curve.curve.push_back(
          point_of(checkpoint.ref, curve.items.at(curve.items.checkpoints() - 1)));
    }
  }
  return curves;
}

std::optional<ChoiceVotes> load_late_votes(ItemLoader& loader, const std::string& task) {
  std::optional<ChoiceVotes> votes;
  for (const Plan::SeriesRow& series : loader.plan().series) {
    const Plan::TaskRow& row = loader.plan().task(task, series);
    if (row.items.empty() || row.items.front().type != OutputType::multiple_choice) return {};
    const int64_t all = std::ssize(series.checkpoints);
    for (int64_t c = 0; c < all; ++c) {
      if (!is_late(c, all)) continue;
      const auto items = loader.read(row, series.checkpoints[c]);
      if (!items) continue;
      if (!votes) votes.emplace();
      votes->add(*items);
    }
  }
  return votes;
}

}  // namespace e2lm
