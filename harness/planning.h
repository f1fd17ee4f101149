#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "engine/engine.h"
#include "harness/evaluate.h"
#include "harness/manifest.h"
#include "harness/plan.h"
#include "tasks/library.h"

namespace e2lm {

// A plan, and its tasks ready to be scored.
struct PlannedSweep {
  Plan plan;
  std::map<int64_t, PreparedTask> tasks;  // by request set
};

// What determines an engine's results besides weights, stored as `stored`, and requests:
// "float32 cpu".
std::string engine_settings(const EngineOptions& options, DType stored);

struct PlanHooks {
  // Whether a checkpoint, by its number in the manifest, is to be hashed if the store does not know
  // its files; none: every one. Those that are not have neither weights nor an error in the plan.
  std::function<bool(int64_t checkpoint)> hashes;
  std::function<bool()> stop;  // asked before each task and checkpoint: true ends it
  bool quiet = true;           // no progress of the hashing of weights
};

// A checkpoint's weights: known to the store already, or hashed if `hashes`. One that cannot be
// read has an error.
Plan::CheckpointRow plan_checkpoint(const CheckpointRef& ref, Store& store,
                                    const EngineOptions& engine, bool hashes = true);

// Turns the manifest's names into what they stand for: tasks into token requests under every
// tokenizer among the series, checkpoints into hashed weights; and makes it the store's plan.
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
