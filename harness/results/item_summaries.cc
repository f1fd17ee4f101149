#include "harness/results/item_summaries.h"

#include <algorithm>
#include <map>

namespace e2lm {

std::vector<ItemSummary> item_summaries(ItemLoader* swept, const std::vector<TaskCurves>& curves) {
  const std::vector<std::string> known =
      swept ? swept->plan().task_names : std::vector<std::string>();
  std::map<std::string, std::optional<ChoiceVotes>> votes;
  std::vector<ItemSummary> summaries;
  for (const TaskCurves& task : curves) {
    const bool is_swept = std::find(known.begin(), known.end(), task.task) != known.end();
    const auto [found, is_new] = votes.try_emplace(task.task);
    if (is_new && is_swept) found->second = load_late_votes(*swept, task.task);
    auto summary = summarise_items(task, found->second ? &*found->second : nullptr);
    if (summary) summaries.push_back(std::move(*summary));
  }
  return summaries;
}

}  // namespace e2lm
