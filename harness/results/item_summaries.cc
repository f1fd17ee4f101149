#include "harness/results/item_summaries.h"

#include <algorithm>
#include <map>

#include "harness/results/imported_answers.h"

namespace e2lm {

std::vector<ItemSummary> item_summaries(const Store& store, ItemLoader* swept,
                                        const std::vector<TaskCurves>& curves) {
  const std::vector<std::string> known =
      swept ? swept->plan().task_names : std::vector<std::string>();
  const std::vector<ItemsRow> imported =
      has_imports(store) ? list_import_items(store) : std::vector<ItemsRow>();
  std::map<std::string, std::optional<ChoiceVotes>> votes;
  std::vector<ItemSummary> summaries;
  for (const TaskCurves& task : curves) {
    const bool is_swept = std::find(known.begin(), known.end(), task.task) != known.end();
    const auto [found, is_new] = votes.try_emplace(task.task);
    if (is_new) {
      found->second = is_swept ? load_late_votes(*swept, task.task)
                               : imported_late_votes(store, imported, task.task);
    }
    auto summary = summarise_items(task, found->second ? &*found->second : nullptr);
    if (summary) summaries.push_back(std::move(*summary));
  }
  return summaries;
}

}  // namespace e2lm
