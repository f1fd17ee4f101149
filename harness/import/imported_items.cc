#include "harness/import/imported_items.h"

#include <algorithm>

#include "harness/results/item_loader.h"
#include "scoring/metrics/metric.h"

namespace e2lm {
namespace {

// Null where the documents do not say what the metric needs.
const Metric* metric_of(const std::string& name, const ItemsRow& row) {
  const bool known = std::find(row.metrics.begin(), row.metrics.end(), name) != row.metrics.end();
  return known ? find_metric(name.substr(0, name.find(','))) : nullptr;
}

}  // namespace

ImportedItemValues::ImportedItemValues(const Store& store) : store_(store) {
  for (ItemsRow& row : list_import_items(store)) {
    first_.try_emplace(row.task, First{.row = row, .ids = {}, .where = {}});
    by_series_[{row.series, row.task}][row.step] = std::move(row);
  }
}

const ImportedItemValues::First& ImportedItemValues::first_of(const std::string& task) {
  First& first = first_.at(task);
  if (first.ids.empty()) {
    ImportedItems items = read_import_items(store_, first.row);
    first.ids = std::move(items.ids);
    first.where = std::move(items.where);
  }
  return first;
}

ItemValues ImportedItemValues::values(const std::string& series, const std::string& task,
                                      const std::string& metric, const Curve& curve) {
  const auto found = by_series_.find({series, task});
  if (found == by_series_.end()) return {};
  ItemValues values;
  for (const CurvePoint& point : curve) {
    const auto row = found->second.find(point.step);
    if (row == found->second.end()) return {};
    const Metric* known = metric_of(metric, row->second);
    if (!known || known->aggregation != "mean") return {};
    const ImportedItems items = read_import_items(store_, row->second);
    if (items.ids != first_of(task).ids) {
      findings_.push_back({.kind = "missing",
                           .series = series,
                           .task = task,
                           .metric = metric,
                           .step = point.step,
                           .text = "its documents are not those of " + first_of(task).where +
                                   ", so nothing is said item by item"});
      return {};
    }
    add_item_values(*known, items.items, values);
  }
  return values;
}

std::vector<int32_t> ImportedItemValues::documents(const std::string& task) {
  if (!first_.contains(task)) return {};
  const std::vector<int32_t>& ids = first_of(task).ids;
  // They rise, and none comes twice.
  const bool all = ids.empty() || ids.back() == std::ssize(ids) - 1;
  return all ? std::vector<int32_t>() : ids;
}

std::optional<double> ImportedItemValues::chance(const std::string& task,
                                                 const std::string& metric) {
  const auto first = first_.find(task);
  if (first == first_.end()) return {};
  const Metric* known = metric_of(metric, first->second.row);
  if (!known) return {};
  return chance_level(*known, read_import_items(store_, first->second.row).items);
}

}  // namespace e2lm
