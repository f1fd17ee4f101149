#include "harness/sweep/sweep.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <new>
#include <optional>
#include <set>
#include <thread>
#include <utility>

#include "base/error.h"
#include "base/memory.h"
#include "base/progress.h"
#include "harness/store/claims.h"
#include "harness/sweep/checkpoint_plan.h"
#include "harness/sweep/engine_loader.h"
#include "harness/sweep/sweep_jobs.h"
#include "harness/sweep/weights.h"

namespace e2lm {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

class Sweeper {
 public:
  Sweeper(Store& store, const SweepOptions& options, std::set<Store::CellKey> covered,
          int64_t requests)
      : store_(store),
        covered_(std::move(covered)),
        options_(options),
        progress_("requests", requests, options.quiet || requests == 0),
        claims_(store.database().path()),
        loader_(options.open_engine, options.engine) {
    hooks_ = {.advance = [this](int64_t requests_done) { progress_.advance(requests_done); },
              .stop = options.stop};
  }

  // Runs the cells of one checkpoint, and prepares that of the job to come, if any; counts those
  // that fail. False, and nothing is computed, while another process works on the same weights.
  bool try_run(Job& job, const Job* next, SweepSummary& summary) {
    const bool known = !job.unidentified || make_ready(job, summary);
    if (known && !job.cells.empty()) {
      const int64_t weights = job.weights();
      if (!claims_.take(weights)) {
        give_back(job);
        return false;
      }
      leave_out_done(job);
      if (!job.cells.empty() && make_ready(job, summary)) run(job, next, summary);
      claims_.give_back(weights);
    }
    give_back(job);
    return true;
  }

  // The same when the other process is through with them, or gone.
  void run_after_others(Job& job, SweepSummary& summary) {
    progress_.at(fmt::format("waiting for another e2lm that computes {}", job.name));
    while (!try_run(job, nullptr, summary)) {
      if (options_.stop && options_.stop()) throw Interrupted();
      std::this_thread::sleep_for(kLook);
    }
  }

 private:
  static constexpr auto kLook = std::chrono::milliseconds(100);

  bool streamed(const Job& job) const { return options_.source && job.ref.hub; }

  // Brings a streamed checkpoint here and finds out which weights it has. False if that failed.
  bool make_ready(Job& job, SweepSummary& summary) {
    if (job.ready) return true;
    try {
      if (job.error.empty() && streamed(job)) {
        progress_.at(fmt::format("{}: fetching", job.name));
        options_.source->obtain(job.ref);
      }
      if (job.unidentified) identify(job);
      return job.ready = true;
    } catch (const StoreError&) {
      throw;
    } catch (const Error& error) {
      fail(job, error, summary);
      return false;
    }
  }

  // The files of a streamed checkpoint are not needed here now.
  void give_back(Job& job) {
    if (!streamed(job)) return;
    options_.source->release(job.ref);
    job.ready = false;
  }

  // What another process computed since the jobs were listed.
  void leave_out_done(Job& job) {
    std::erase_if(job.cells, [&](const Job::Cell& cell) {
      const bool done = store_.is_done(cell.key);
      if (done) progress_.advance(cell.task->tree.requests());
      return done;
    });
  }

  void run(const Job& job, const Job* next, SweepSummary& summary) {
    OpenCheckpoint checkpoint;
    try {
      if (!job.error.empty()) throw Error("", job.error);
      checkpoint = loader_.open(to_open(job));
      check_weights(job, *checkpoint.files);
    } catch (const StoreError&) {
      throw;
    } catch (const DeviceLost&) {
      throw;
    } catch (const Error& error) {
      return fail(job, error, summary);
    }
    look_ahead(job, next, *checkpoint.engine);
    for (const Job::Cell& cell : job.cells) {
      progress_.at(fmt::format("{}, {}", job.name, cell.task->name));
      run_cell(job, cell, *checkpoint.engine, summary);
    }
  }

  // REQUIRES: its weights are known.
  static ToOpen to_open(const Job& job) {
    return {.folder = job.ref.folder, .precision = precision_of(job.cells.front().key.settings)};
  }

  // Streamed checkpoints are brought ahead by their source.
  void look_ahead(const Job& job, const Job* next, Engine& engine) {
    std::vector<const PrefixTree*> trees;
    for (const Job::Cell& cell : job.cells) trees.push_back(&cell.task->tree);
    const bool on_disk = next && next->error.empty() && !streamed(*next);
    loader_.look_ahead(on_disk ? std::optional(to_open(*next)) : std::nullopt, engine, trees);
  }

  // Results hang on the weights' hash, so the files must still be those that were hashed.
  void check_weights(const Job& job, const Checkpoint& opened) {
    opened.check_unchanged();
    if (known_sha256(store_, job.ref.folder) == store_.weights_sha256(job.weights())) return;
    throw Error(job.ref.folder.string(), "its weights were changed since this sweep began",
                "files that stay as they are; the next sweep takes the new ones");
  }

  // Now that the checkpoint is here: which weights it has, and which cells these lack.
  void identify(Job& job) {
    const Plan::CheckpointRow row = plan_checkpoint(job.ref, store_, options_.engine);
    if (!row.weights) throw Error("", row.error);
    update_checkpoint(store_, row);
    job.unidentified = false;
    std::vector<Job::Cell> cells;
    for (Job::Cell& cell : job.cells) {
      cell.key.weights = *row.weights;
      cell.key.settings = row.settings;
      if (covered_.insert(cell.key).second) {
        cells.push_back(cell);
      } else {
        progress_.advance(cell.task->tree.requests());
      }
    }
    job.cells = std::move(cells);
  }

  void run_cell(const Job& job, const Job::Cell& cell, Engine& engine, SweepSummary& summary) {
    const auto started = Clock::now();
    const int64_t id = store_.open_cell(cell.key);
    try {
      predict_memory(*cell.task, engine, summary);
      const EngineStats stats = evaluate_cell(store_, id, *cell.task, engine, hooks_);
      store_.finish_cell(id, seconds_since(started), stats.rows);
      ++summary.computed;
    } catch (const CellInterrupted& interruption) {
      store_.pause_cell(id, seconds_since(started), interruption.rows);
      throw;
    } catch (const StoreError&) {
      throw;
    } catch (const DeviceLost& error) {  // all the others would fail, too
      fail(job, cell, id, error.what(), summary);
      throw;
    } catch (const Error& error) {
      fail(job, cell, id, error.what(), summary);
    } catch (const std::bad_alloc&) {
      fail(job, cell, id, "out of memory (expected more free memory, or a smaller --memory)",
           summary);
    }
  }

  void fail(const Job& job, const Job::Cell& cell, int64_t id, const char* why,
            SweepSummary& summary) {
    store_.fail_cell(id, why);
    ++summary.failed;
    if (options_.on_failure) options_.on_failure(job.ref);
    progress_.print(fmt::format("{}, {}: failed: {}", job.name, cell.task->name, why));
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

  // The whole checkpoint is of no use; what can be recorded of its cells is.
  void fail(const Job& job, const Error& error, SweepSummary& summary) {
    progress_.print(fmt::format("{}: failed: {}", job.name, error.what()));
    summary.failed += std::ssize(job.cells);
    if (options_.on_failure) options_.on_failure(job.ref);
    if (job.unidentified) {
      update_checkpoint(store_, {.ref = job.ref, .error = error.what()});
      return;
    }
    if (!job.error.empty()) return;  // it has no weights to hang a cell on; the plan has the error
    for (const Job::Cell& cell : job.cells) {
      store_.fail_cell(store_.open_cell(cell.key), error.what());
    }
  }

  Store& store_;
  std::set<Store::CellKey> covered_;
  const SweepOptions& options_;
  Progress progress_;
  Claims claims_;
  EngineLoader loader_;
  EvaluateHooks hooks_;
};

bool computes(const std::vector<Job>& jobs) {
  return std::any_of(jobs.begin(), jobs.end(),
                     [](const Job& job) { return job.error.empty() && !job.cells.empty(); });
}

int64_t count_cells(const Plan& plan) {
  int64_t checkpoints = 0;
  for (const Plan::SeriesRow& series : plan.series) checkpoints += std::ssize(series.checkpoints);
  return checkpoints * std::ssize(plan.task_names);
}

}  // namespace

SweepSummary run_sweep(const PlannedSweep& planned, Store& store, const SweepOptions& options) {
  const auto started = Clock::now();
  const int64_t changes_before = store.changes_by_others();
  auto [jobs, covered, of_other_shards, given_up] = missing_jobs(planned, store, options);
  int64_t requests = 0;
  for (const Job& job : jobs) {
    if (!job.error.empty()) continue;
    for (const Job::Cell& cell : job.cells) requests += cell.task->tree.requests();
  }
  // Else each checkpoint would fail by itself, and the report would tell of nothing else.
  if (computes(jobs)) check_device(options.engine);
  SweepSummary summary{.cells = count_cells(planned.plan),
                       .failed = given_up,
                       .left_out = of_other_shards,
                       .damaged = planned.damaged_cells};
  Sweeper sweeper(store, options, std::move(covered), requests);
  if (options.source) options.source->expect(refs_on_hub(jobs));
  std::vector<Job*> of_others;
  for (size_t i = 0; i < jobs.size(); ++i) {
    const Job* next = i + 1 < jobs.size() ? &jobs[i + 1] : nullptr;
    if (!sweeper.try_run(jobs[i], next, summary)) {
      of_others.push_back(&jobs[i]);
    } else if (options.after_checkpoint) {
      options.after_checkpoint();
    }
  }
  for (Job* job : of_others) sweeper.run_after_others(*job, summary);
  // A sweep beside this one may have had a plan of its own; the latest is that which ended last.
  if (store.changes_by_others() != changes_before) {
    write_plan(store, as_known_now(planned.plan, store, options.engine));
  }
  summary.seconds = seconds_since(started);
  return summary;
}

}  // namespace e2lm
