#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "base/file_stamp.h"
#include "engine/engine.h"
#include "harness/manifest/manifest.h"
#include "harness/sweep/evaluate.h"
#include "harness/sweep/plan.h"
#include "tasks/library.h"

namespace e2lm {

// A plan, and its tasks ready to be scored.
struct PlannedSweep {
  Plan plan;
  // By request set. A task that every checkpoint which can be read has its results of was not made
  // ready, where the store knew what it would become.
  std::map<int64_t, PreparedTask> tasks;

  // What the tasks were made ready with.
  struct Read {
    struct TokenizerFile {
      std::map<Path, FileStamp> files;
      std::string sha256;
    };
    std::map<Path, TokenizerFile> tokenizers;                // by path
    std::map<std::string, std::vector<Plan::TaskRow>> rows;  // by the tokenizer's SHA-256
    int64_t max_positions = 0;
  };
  Read read;

  int64_t damaged_cells = 0;       // that lost blocks which did not match their checksums
  std::vector<std::string> notes;  // of what the plan before had and this one has not
};

struct PlanHooks {
  // Whether a checkpoint, by its number in the manifest, is to be hashed if the store does not know
  // its files; none: every one. Those that are not have neither weights nor an error in the plan.
  std::function<bool(int64_t checkpoint)> hashes;
  std::function<bool()> stop;  // asked before each task and checkpoint: true ends it
  bool any_device = false;     // others compute the plan, on whatever device they have
  bool quiet = true;           // no progress of the hashing of weights
  // An earlier plan of the same tasks and options. What it made ready is taken out of it and not
  // made again, whatever became of the files of tasks since.
  PlannedSweep* earlier = nullptr;
};

// Turns the manifest's names into what they stand for: tasks into token requests under every
// tokenizer among the series, checkpoints into hashed weights; and makes it the store's plan.
// Blocks of the store that are damaged are dropped, so that they are computed again.
// A checkpoint that cannot be read stays in the plan with its error. Throws Error if a task, a
// metric or a tokenizer is wrong, Interrupted where asked to stop.
PlannedSweep plan_sweep(const Manifest& manifest, const TaskLibrary& library, Store& store,
                        const RequestOptions& requests, const EngineOptions& engine,
                        const PlanHooks& hooks = {});

// The same with these tasks, whatever tasks the manifest names.
PlannedSweep plan_sweep(const Manifest& manifest, const std::vector<Task>& tasks, Store& store,
                        const RequestOptions& requests, const EngineOptions& engine,
                        const PlanHooks& hooks = {});

}  // namespace e2lm
