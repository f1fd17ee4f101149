#include "harness/merge/merge_plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <map>

#include "base/error.h"
#include "harness/manifest/rules_json.h"

namespace e2lm {
namespace {

using TaskRow = Plan::TaskRow;
using SeriesRow = Plan::SeriesRow;
using CheckpointRow = Plan::CheckpointRow;

// Called where two plans say different things; if it returns, what the first one says stays.
using OnContradiction = std::function<void(const std::string& what)>;

// Of a plan that may be changed, or may not.
auto* find_task(auto& plan, const std::string& name, const std::string& tokenizer) {
  const auto row = std::find_if(plan.tasks.begin(), plan.tasks.end(), [&](const TaskRow& task) {
    return task.name == name && task.tokenizer_sha256 == tokenizer;
  });
  return row == plan.tasks.end() ? nullptr : &*row;
}

auto* find_series(auto& plan, const std::string& name) {
  const auto row = std::find_if(plan.series.begin(), plan.series.end(),
                                [&](const SeriesRow& one) { return one.name == name; });
  return row == plan.series.end() ? nullptr : &*row;
}

auto* find_checkpoint(auto& series, int64_t step) {
  const auto row =
      std::find_if(series.checkpoints.begin(), series.checkpoints.end(),
                   [&](const CheckpointRow& checkpoint) { return checkpoint.ref.step == step; });
  return row == series.checkpoints.end() ? nullptr : &*row;
}

// Two orders of names as one: by the first place in either, then by name.
std::vector<std::string> united_order(const std::vector<std::string>& a,
                                      const std::vector<std::string>& b) {
  std::map<std::string, size_t> places;
  for (const auto* names : {&a, &b}) {
    for (size_t i = 0; i < names->size(); ++i) {
      const auto place = places.try_emplace((*names)[i], i).first;
      place->second = std::min(place->second, i);
    }
  }
  std::vector<std::string> all;
  for (const auto& [name, place] : places) all.push_back(name);
  std::stable_sort(all.begin(), all.end(), [&](const std::string& x, const std::string& y) {
    return places[x] < places[y];
  });
  return all;
}

std::vector<std::string> series_names(const Plan& plan) {
  std::vector<std::string> names;
  for (const SeriesRow& series : plan.series) names.push_back(series.name);
  return names;
}

bool same_content(const TaskRow& a, const TaskRow& b) {
  return a.content_sha256 == b.content_sha256 && a.request_set == b.request_set &&
         a.metrics == b.metrics;
}

void unite_checkpoint(CheckpointRow& ours, const CheckpointRow& theirs,
                      const OnContradiction& contradiction) {
  const std::string name = fmt::format("{} step {}", ours.ref.series, ours.ref.step);
  if (ours.ref.tokens != theirs.ref.tokens) {
    contradiction(fmt::format("the tokens of {}", name));
  }
  if (!theirs.weights) {
    if (!ours.weights && ours.error.empty()) ours.error = theirs.error;
    return;
  }
  if (!ours.weights) {
    const double tokens = ours.ref.tokens;
    ours = theirs;
    ours.ref.tokens = tokens;
  } else if (ours.weights != theirs.weights) {
    contradiction(fmt::format("the weights of {}", name));
  } else if (ours.settings != theirs.settings) {
    contradiction(fmt::format("the arithmetic for {}", name));
  }
}

void unite_series(SeriesRow& ours, const SeriesRow& theirs, const OnContradiction& contradiction) {
  if (ours.group != theirs.group || ours.mix != theirs.mix ||
      ours.control_for != theirs.control_for || ours.tokenizer_sha256 != theirs.tokenizer_sha256) {
    contradiction(fmt::format("the group, mix, control or tokenizer of the series {}", ours.name));
  }
  for (const CheckpointRow& checkpoint : theirs.checkpoints) {
    if (CheckpointRow* row = find_checkpoint(ours, checkpoint.ref.step)) {
      unite_checkpoint(*row, checkpoint, contradiction);
    } else {
      ours.checkpoints.push_back(checkpoint);
    }
  }
  std::sort(ours.checkpoints.begin(), ours.checkpoints.end(),
            [](const CheckpointRow& a, const CheckpointRow& b) { return a.ref.step < b.ref.step; });
}

void unite(Plan& ours, const Plan& theirs, const OnContradiction& contradiction) {
  if (rules_json(ours.rules) != rules_json(theirs.rules)) contradiction("the scoring rules");
  if (ours.tokens.json() != theirs.tokens.json()) {
    contradiction("how texts become tokens (the manifest's `requests`)");
  }
  const auto series_order = united_order(series_names(ours), series_names(theirs));
  ours.task_names = united_order(ours.task_names, theirs.task_names);
  for (const TaskRow& task : theirs.tasks) {
    TaskRow* row = find_task(ours, task.name, task.tokenizer_sha256);
    if (!row) {
      ours.tasks.push_back(task);
    } else if (!same_content(*row, task)) {
      contradiction(fmt::format("the task {}", task.name));
    } else if (!row->shots) {
      row->shots = task.shots;
    }
  }
  for (const SeriesRow& series : theirs.series) {
    if (SeriesRow* row = find_series(ours, series.name)) {
      unite_series(*row, series, contradiction);
    } else {
      ours.series.push_back(series);
    }
  }
  std::sort(ours.series.begin(), ours.series.end(), [&](const SeriesRow& a, const SeriesRow& b) {
    return std::find(series_order.begin(), series_order.end(), a.name) <
           std::find(series_order.begin(), series_order.end(), b.name);
  });
}

}  // namespace

StorePlan translate_plan(const Store& source, const MergedIds& ids) {
  StorePlan result{source.database().path().string(), read_plan(source)};
  for (TaskRow& task : result.plan.tasks) task.request_set = ids.request_sets.at(task.request_set);
  for (SeriesRow& series : result.plan.series) {
    for (CheckpointRow& row : series.checkpoints) {
      if (row.weights) row.weights = ids.weights.at(*row.weights);
    }
  }
  return result;
}

StorePlan restrict_plan(StorePlan plan, const Plan& kept) {
  std::erase_if(plan.plan.tasks, [&](const TaskRow& task) {
    const TaskRow* row = find_task(kept, task.name, task.tokenizer_sha256);
    return !row || !same_content(*row, task);
  });
  std::erase_if(plan.plan.series,
                [&](const SeriesRow& series) { return !find_series(kept, series.name); });
  for (SeriesRow& series : plan.plan.series) {
    const SeriesRow& row = *find_series(kept, series.name);
    std::erase_if(series.checkpoints, [&](const CheckpointRow& checkpoint) {
      return !find_checkpoint(row, checkpoint.ref.step);
    });
    for (CheckpointRow& checkpoint : series.checkpoints) {
      checkpoint.ref = find_checkpoint(row, checkpoint.ref.step)->ref;
    }
    series.group = row.group;
    series.mix = row.mix;
    series.control_for = row.control_for;
    series.tokenizer_sha256 = row.tokenizer_sha256;
  }
  plan.plan.task_names = kept.task_names;
  plan.plan.rules = kept.rules;
  plan.plan.tokens = kept.tokens;
  return plan;
}

void unite_plans(StorePlan& merged, const StorePlan& plan, std::span<const StorePlan> before) {
  unite(merged.plan, plan.plan, [&](const std::string&) {
    for (const StorePlan& other : before) {  // whose it is
      Plan copy = other.plan;
      unite(copy, plan.plan, [&](const std::string& what) {
        throw Error(plan.store, fmt::format("and {} do not agree on {}", other.store, what),
                    "stores of the same sweep, or names that tell them apart");
      });
    }
  });
}

void unite_with_earlier(StorePlan& merged, const StorePlan& earlier,
                        std::vector<std::string>& notes) {
  unite(merged.plan, earlier.plan, [&](const std::string& what) {
    notes.push_back(
        fmt::format("{}: {} are now those of the stores merged into it", earlier.store, what));
  });
}

void check_whole(const StorePlan& merged) {
  for (const SeriesRow& series : merged.plan.series) {
    for (const std::string& name : merged.plan.task_names) {
      if (find_task(merged.plan, name, series.tokenizer_sha256)) continue;
      throw Error(merged.store,
                  fmt::format("has no requests of the task {} in the tokens of the series {}", name,
                              series.name),
                  "stores whose sweeps have the same tasks");
    }
  }
}

}  // namespace e2lm
