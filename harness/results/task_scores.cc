#include "harness/results/task_scores.h"

#include <algorithm>

namespace e2lm {

TaskScores score_task(const Task& task, const TaskRequests& requests,
                      const std::vector<RequestScore>& scores, const Bootstrap& bootstrap) {
  TaskScores result{.task = task.name, .items = std::ssize(requests.items)};
  const std::vector<Item> items = items_of(requests.items, scores);
  for (const TaskMetric& metric : metrics_of(task)) {
    if (!metric.aggregation) continue;
    const std::vector<MetricValue> values = item_values(*metric.metric, items);
    const Score score = aggregate(*metric.aggregation, values, bootstrap);
    for (const std::string& filter : task.filters) {
      result.scores.push_back({std::string(metric.metric->name), filter, score});
    }
  }
  return result;
}

std::vector<std::string> leaves_of(const Group& group, const TaskSelection& selection) {
  std::vector<std::string> leaves;
  for (const std::string& child : group.children) {
    std::vector<std::string> inner = {child};
    for (const Group& other : selection.groups) {
      if (other.name == child) inner = leaves_of(other, selection);
    }
    for (std::string& leaf : inner) {
      const bool known = std::find(leaves.begin(), leaves.end(), leaf) != leaves.end();
      if (!known) leaves.push_back(std::move(leaf));
    }
  }
  return leaves;
}

std::vector<NamedScore> score_group(const Group& group, const TaskSelection& selection,
                                    const std::vector<TaskScores>& tasks) {
  std::vector<TaskScores> leaves;
  for (const std::string& name : leaves_of(group, selection)) {
    for (const TaskScores& task : tasks) {
      if (task.task == name) leaves.push_back(task);
    }
  }
  std::vector<GroupRule> rules;
  for (const Group::Aggregate& rule : group.aggregates) {
    rules.push_back({rule.metric, rule.filters, rule.weight_by_size});
  }
  return score_group(rules, leaves);
}

}  // namespace e2lm
