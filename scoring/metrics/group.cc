#include "scoring/metrics/group.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <set>

namespace e2lm {
namespace {

const NamedScore* find(const TaskScores& task, const std::string& metric,
                       const std::string& filter) {
  const auto found = std::find_if(
      task.scores.begin(), task.scores.end(),
      [&](const NamedScore& entry) { return entry.metric == metric && entry.filter == filter; });
  return found == task.scores.end() ? nullptr : &*found;
}

std::vector<std::string> filters_of(const GroupRule& rule, std::span<const TaskScores> leaves) {
  if (rule.filters) return *rule.filters;
  std::set<std::string> all;
  for (const TaskScores& task : leaves) {
    for (const NamedScore& entry : task.scores) {
      if (entry.metric == rule.metric) all.insert(entry.filter);
    }
  }
  return {all.begin(), all.end()};
}

double pooled_error(std::span<const Score> members, double total) {
  double sum = 0;
  for (const Score& member : members) {
    const auto n = static_cast<double>(member.items);
    sum += (n - 1) * *member.standard_error * *member.standard_error * n;
  }
  return std::sqrt(sum / (total - static_cast<double>(members.size())) / total);
}

double plain_error(std::span<const Score> members) {
  double sum = 0;
  for (const Score& member : members) sum += *member.standard_error * *member.standard_error;
  return std::sqrt(sum) / static_cast<double>(members.size());
}

}  // namespace

Score combine(std::span<const Score> members, bool weight_by_size) {
  assert(!members.empty());
  Score result;
  double sum = 0;
  for (const Score& member : members) {
    sum += weight_by_size ? member.value * static_cast<double>(member.items) : member.value;
    result.items += member.items;
  }
  const auto total = static_cast<double>(result.items);
  result.value = sum / (weight_by_size ? total : static_cast<double>(members.size()));
  if (std::all_of(members.begin(), members.end(),
                  [](const Score& member) { return member.standard_error.has_value(); })) {
    result.standard_error = weight_by_size ? pooled_error(members, total) : plain_error(members);
  }
  return result;
}

std::vector<NamedScore> score_group(std::span<const GroupRule> rules,
                                    std::span<const TaskScores> leaves) {
  std::vector<NamedScore> result;
  for (const GroupRule& rule : rules) {
    for (const std::string& filter : filters_of(rule, leaves)) {
      std::vector<Score> members;
      for (const TaskScores& task : leaves) {
        const NamedScore* entry = find(task, rule.metric, filter);
        if (!entry) continue;
        members.push_back(entry->score);
        members.back().items = task.items;
      }
      if (members.empty()) continue;
      result.push_back({rule.metric, filter, combine(members, rule.weight_by_size)});
    }
  }
  return result;
}

}  // namespace e2lm
