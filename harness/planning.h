#pragma once

#include <map>
#include <memory>
#include <string>

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

// A row for the store. Throws Error if the checkpoint's config names no model type.
Store::Weights describe_weights(const Checkpoint& checkpoint, const std::string& sha256);

// Turns the manifest's names into what they stand for: tasks into token requests under every
// tokenizer among the series, checkpoints into weights where these files were hashed before (the
// sweep hashes others when their turn comes); and makes it the store's plan. A checkpoint that
// cannot be read stays in the plan with its error. Throws Error if a task, a metric or a tokenizer
// is wrong.
class Planner {
 public:
  // Borrows the library and the store.
  Planner(const TaskLibrary& library, Store& store, const RequestOptions& requests,
          const EngineOptions& engine);
  ~Planner();

  // May be called again as checkpoints come: tasks are not read a second time. Of a checkpoint
  // that is no longer there what an earlier plan of the store knew stays.
  const PlannedSweep& plan(const Manifest& manifest);

  PlannedSweep take() &&;

 private:
  class State;
  std::unique_ptr<State> state_;
};

PlannedSweep plan_sweep(const Manifest& manifest, const TaskLibrary& library, Store& store,
                        const RequestOptions& requests, const EngineOptions& engine);

}  // namespace e2lm
