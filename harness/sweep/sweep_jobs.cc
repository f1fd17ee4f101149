#include "harness/sweep/sweep_jobs.h"

#include <fmt/format.h>

#include <utility>

namespace e2lm {

MissingJobs missing_jobs(const PlannedSweep& planned, const Store& store,
                         const SweepOptions& options) {
  const Plan& plan = planned.plan;
  MissingJobs missing;
  auto& covered = missing.covered;
  for (const auto& [key, cell] : store.cells()) {
    if (cell.state == Store::State::done) covered.insert(key);
  }
  int64_t number = 0;
  for (const Plan::SeriesRow& series : plan.series) {
    std::vector<int64_t> request_sets;  // of each task
    for (const std::string& name : plan.task_names) {
      request_sets.push_back(plan.task(name, series).request_set);
    }
    for (const Plan::CheckpointRow& checkpoint : series.checkpoints) {
      Job job{.name = fmt::format("{} step {}", series.name, checkpoint.ref.step),
              .ref = checkpoint.ref,
              .error = checkpoint.error};
      job.unidentified = options.source && job.ref.hub && !checkpoint.weights;
      if (job.unidentified) job.error.clear();
      for (const int64_t request_set : request_sets) {
        const Store::CellKey key = {checkpoint.weights.value_or(0), request_set,
                                    checkpoint.settings};
        if (checkpoint.weights && covered.contains(key)) continue;
        const auto task = planned.tasks.find(request_set);
        const bool ready = task != planned.tasks.end();
        // It was all there when this was planned. Another sweep found damage since, and mends it.
        if (!ready && job.error.empty()) continue;
        if (checkpoint.weights) covered.insert(key);
        job.cells.push_back({key, ready ? &task->second : nullptr});
      }
      if (!options.shard.has(number++)) {
        missing.cells_of_others += std::ssize(job.cells);
      } else if (!job.cells.empty() && options.given_up && options.given_up(job.ref)) {
        missing.cells_given_up += std::ssize(job.cells);
      } else if (!job.cells.empty()) {
        missing.jobs.push_back(std::move(job));
      }
    }
  }
  return missing;
}

std::vector<CheckpointRef> refs_on_hub(const std::vector<Job>& jobs) {
  std::vector<CheckpointRef> refs;
  for (const Job& job : jobs) {
    if (job.ref.hub) refs.push_back(job.ref);
  }
  return refs;
}

std::vector<int64_t> unfinished_shards(const PlannedSweep& planned, const Store& store,
                                       int64_t count) {
  std::vector<int64_t> shards;
  for (int64_t index = 1; index <= count; ++index) {
    const SweepOptions options{.shard = {index, count}};
    if (!missing_jobs(planned, store, options).jobs.empty()) shards.push_back(index);
  }
  return shards;
}

}  // namespace e2lm
