#include "harness/sweep.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <optional>
#include <set>
#include <utility>

#include "base/error.h"
#include "base/memory.h"
#include "base/progress.h"
#include "harness/weights_reader.h"

namespace e2lm {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

// What one checkpoint still has to answer.
struct Job {
  const Plan::SeriesRow* series;
  Plan::CheckpointRow checkpoint;
  std::vector<const PreparedTask*> tasks;
  std::vector<int64_t> request_sets;  // of the tasks

  std::string name() const {  // "base-deep step 640"
    return fmt::format("{} step {}", series->name, checkpoint.ref.step);
  }
  int64_t requests() const {
    int64_t count = 0;
    for (const PreparedTask* task : tasks) count += task->tree.requests();
    return count;
  }
  std::optional<Store::CellKey> key(size_t task) const {
    if (!checkpoint.weights) return {};
    return Store::CellKey{*checkpoint.weights, request_sets[task], checkpoint.settings};
  }
  void erase(size_t task) {
    tasks.erase(tasks.begin() + static_cast<std::ptrdiff_t>(task));
    request_sets.erase(request_sets.begin() + static_cast<std::ptrdiff_t>(task));
  }
};

// Cells that have a result or had their try. Equal weights under two names are computed once.
using Covered = std::set<Store::CellKey>;

// Leaves out what is covered; the rest is from now on.
void claim_cells(Job& job, Covered& covered) {
  for (size_t task = job.tasks.size(); task-- > 0;) {
    const auto key = job.key(task);
    if (key && !covered.insert(*key).second) job.erase(task);
  }
}

// Cells that are not done, by checkpoint, as far as their weights are known, and how many of them
// are other shards'.
struct MissingJobs {
  std::vector<Job> jobs;
  Covered covered;
  int64_t cells_of_others = 0;
};

MissingJobs missing_jobs(const PlannedSweep& planned, const Store& store, const Shard& shard) {
  const Plan& plan = planned.plan;
  MissingJobs missing;
  for (const auto& [key, cell] : store.cells()) {
    if (cell.state == Store::State::done) missing.covered.insert(key);
  }
  int64_t number = 0;
  for (const Plan::SeriesRow& series : plan.series) {
    for (const Plan::CheckpointRow& checkpoint : series.checkpoints) {
      Job job{.series = &series, .checkpoint = checkpoint};
      for (const std::string& name : plan.task_names) {
        job.request_sets.push_back(plan.task(name, series).request_set);
        job.tasks.push_back(&planned.tasks.at(job.request_sets.back()));
      }
      claim_cells(job, missing.covered);
      if (!shard.has(number++)) {
        missing.cells_of_others += std::ssize(job.tasks);
      } else if (!job.tasks.empty()) {
        missing.jobs.push_back(std::move(job));
      }
    }
  }
  return missing;
}

class Sweeper {
 public:
  Sweeper(Store& store, const SweepOptions& options, MissingJobs missing)
      : store_(store),
        options_(options),
        jobs_(std::move(missing.jobs)),
        covered_(std::move(missing.covered)),
        reader_(KnownWeights(store)),
        progress_("requests", count_requests(jobs_), options.quiet || jobs_.empty()) {
    hooks_ = {.advance = [this](int64_t requests) { progress_.advance(requests); },
              .stop = options.stop};
  }

  void run(SweepSummary& summary) {
    if (!jobs_.empty()) reader_.start(jobs_[0].checkpoint.ref.folder);
    for (size_t i = 0; i < jobs_.size(); ++i) {
      run(i, summary);
      if (options_.after_checkpoint) options_.after_checkpoint();
    }
  }

 private:
  static int64_t count_requests(const std::vector<Job>& jobs) {
    int64_t requests = 0;
    for (const Job& job : jobs) {
      if (job.checkpoint.error.empty()) requests += job.requests();
    }
    return requests;
  }

  // Runs the cells of one checkpoint while the next is read; counts those that fail.
  void run(size_t number, SweepSummary& summary) {
    Job& job = jobs_[number];
    std::optional<OpenedCheckpoint> opened;
    std::unique_ptr<Engine> engine;
    try {
      progress_.at(job.name());
      opened = open(job, number);
      if (job.tasks.empty()) return;
      engine = options_.open_engine(opened->checkpoint, options_.engine);
    } catch (const StoreError&) {
      throw;
    } catch (const Error& error) {
      return fail(job, error, summary);
    }
    for (size_t task = 0; task < job.tasks.size(); ++task) {
      progress_.at(fmt::format("{}, {}", job.name(), job.tasks[task]->name));
      run_cell(job, task, *opened, *engine, summary);
    }
  }

  // Its weights are known from now on; cells that turn out to be covered are taken out of the job.
  OpenedCheckpoint open(Job& job, size_t number) {
    const auto start_next = [&] {
      if (number + 1 < jobs_.size()) reader_.start(jobs_[number + 1].checkpoint.ref.folder);
    };
    std::optional<OpenedCheckpoint> opened;
    try {
      opened = reader_.take(options_.stop);
    } catch (const Error&) {
      start_next();
      throw;
    }
    start_next();
    identify(job, *opened);
    return std::move(*opened);
  }

  void identify(Job& job, const OpenedCheckpoint& opened) {
    const Checkpoint& checkpoint = opened.checkpoint;
    const int64_t weights = store_.add_weights(describe_weights(checkpoint, opened.sha256));
    Plan::CheckpointRow& row = job.checkpoint;
    if (row.weights == weights) return;
    remember_weights(store_, checkpoint.folder(), opened.stamps, opened.sha256);
    const int64_t requests = row.error.empty() ? job.requests() : 0;
    row.weights = weights;
    row.error.clear();
    row.settings = engine_settings(options_.engine, checkpoint.stored_dtype());
    update_checkpoint(store_, row);
    claim_cells(job, covered_);
    progress_.expect(job.requests() - requests);
  }

  void run_cell(const Job& job, size_t number, const OpenedCheckpoint& opened, Engine& engine,
                SweepSummary& summary) {
    const PreparedTask& task = *job.tasks[number];
    const auto started = Clock::now();
    const int64_t id = store_.open_cell(*job.key(number));
    try {
      predict_memory(task, engine, summary);
      const EngineStats stats = evaluate_cell(store_, id, task, engine, hooks_);
      check_untouched(opened, id);
      store_.finish_cell(id, seconds_since(started), stats.rows);
      ++summary.computed;
    } catch (const Interrupted&) {
      store_.pause_cell(id, seconds_since(started), 0);
      throw;
    } catch (const StoreError&) {
      throw;
    } catch (const Error& error) {
      store_.fail_cell(id, error.what());
      ++summary.failed;
      progress_.print(fmt::format("{}, {}: failed: {}", job.name(), task.name, error.what()));
    }
  }

  // Scores of bytes that changed while they were read belong to no weights.
  void check_untouched(const OpenedCheckpoint& opened, int64_t cell) {
    const Path& folder = opened.checkpoint.folder();
    if (!std::filesystem::exists(folder)) return;  // deleted: the mapped files are whole
    if (!written_in_place(opened.stamps, weights_stamps(folder))) return;
    store_.drop_blocks(cell);
    throw Error(folder.string(), "was written to while it was computed", "a checkpoint left alone");
  }

  // What is in memory now, weights included, and what the cell will add. Said when it is more than
  // was said before.
  void predict_memory(const PreparedTask& task, const Engine& engine, SweepSummary& summary) {
    const int64_t bytes =
        std::max(peak_resident_bytes(), resident_bytes() + engine.working_bytes(task.tree));
    if (bytes <= summary.predicted_bytes + summary.predicted_bytes / 10) return;
    summary.predicted_bytes = bytes;
    progress_.note(fmt::format("Memory: up to {} expected.", format_bytes(bytes)));
  }

  // The whole checkpoint is of no use; what can be recorded of it and its cells is.
  void fail(Job& job, const Error& error, SweepSummary& summary) {
    progress_.print(fmt::format("{}: failed: {}", job.name(), error.what()));
    summary.failed += std::ssize(job.tasks);
    if (!job.checkpoint.weights) {
      job.checkpoint.error = error.what();
      return update_checkpoint(store_, job.checkpoint);
    }
    for (size_t task = 0; task < job.tasks.size(); ++task) {
      store_.fail_cell(store_.open_cell(*job.key(task)), error.what());
    }
  }

  Store& store_;
  const SweepOptions& options_;
  std::vector<Job> jobs_;
  Covered covered_;
  WeightsReader reader_;
  Progress progress_;
  EvaluateHooks hooks_;
};

int64_t count_cells(const Plan& plan) {
  int64_t checkpoints = 0;
  for (const Plan::SeriesRow& series : plan.series) checkpoints += std::ssize(series.checkpoints);
  return checkpoints * std::ssize(plan.task_names);
}

}  // namespace

std::vector<int64_t> unfinished_shards(const PlannedSweep& planned, const Store& store,
                                       int64_t count) {
  std::vector<int64_t> shards;
  for (int64_t index = 1; index <= count; ++index) {
    if (!missing_jobs(planned, store, {index, count}).jobs.empty()) shards.push_back(index);
  }
  return shards;
}

SweepSummary run_sweep(const PlannedSweep& planned, Store& store, const SweepOptions& options) {
  const auto started = Clock::now();
  MissingJobs missing = missing_jobs(planned, store, options.shard);
  SweepSummary summary{.cells = count_cells(planned.plan), .left_out = missing.cells_of_others};
  Sweeper(store, options, std::move(missing)).run(summary);
  summary.seconds = seconds_since(started);
  return summary;
}

}  // namespace e2lm
