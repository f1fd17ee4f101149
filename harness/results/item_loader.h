#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "harness/store/store.h"
#include "harness/sweep/evaluate.h"
#include "harness/sweep/plan.h"
#include "scoring/items/choice_votes.h"
#include "scoring/judgement/judgement.h"
#include "scoring/metrics/item.h"
#include "scoring/metrics/metric.h"

namespace e2lm {

// Single documents of a store's finished cells. Borrows store and plan.
class ItemLoader {
 public:
  ItemLoader(const Store& store, const Plan& plan);

  // A task's documents as a checkpoint answered them; none where the cell has no result.
  std::optional<std::vector<Item>> read(const Plan::TaskRow& task,
                                        const Plan::CheckpointRow& checkpoint);

  // The same of a finished cell, and its scores as the engine gave them.
  std::vector<Item> read_cell(int64_t cell, const Plan::TaskRow& task);
  std::vector<RequestScore> read_scores_of(int64_t cell, const Plan::TaskRow& task);

  // The cell of a task and checkpoint, if it is finished.
  std::optional<int64_t> find(const Plan::TaskRow& task,
                              const Plan::CheckpointRow& checkpoint) const;

  const Plan& plan() const { return plan_; }
  const Store& store() const { return store_; }

 private:
  const Store& store_;
  const Plan& plan_;
  std::map<Store::CellKey, Store::Cell> cells_;
  std::map<int64_t, std::vector<int32_t>> orders_;  // finishing order by request set
};

// Adds the values of one more checkpoint's items, for a metric that is their mean; nothing for
// others, whose items say nothing by themselves.
void add_item_values(const Metric& metric, std::span<const Item> items, ItemValues& into);

// What a task's items said at every finished checkpoint of every series. Points carry step and
// tokens, and the mean for a value. REQUIRES: the metric is a mean, and fits the task.
TaskCurves load_item_values(ItemLoader& loader, const std::string& task, const Metric& metric);

// The votes of the finished late checkpoints (is_late()) of every series on a task of choices;
// null where there is none, or the task has no choices.
std::optional<ChoiceVotes> load_late_votes(ItemLoader& loader, const std::string& task);

}  // namespace e2lm
