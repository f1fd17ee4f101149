#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "engine/engine.h"
#include "harness/manifest/checkpoint_source.h"
#include "harness/store/store.h"
#include "harness/sweep/planning.h"

namespace e2lm {

// One of `count` disjoint shares of a sweep's checkpoints; together they are the sweep. Every
// `count`th checkpoint of the manifest, from number `index` (the first is 1) on: shares hold
// early and late checkpoints of every series alike.
struct Shard {
  int64_t index = 1;
  int64_t count = 1;

  bool has(int64_t checkpoint) const { return checkpoint % count == index - 1; }
};

struct SweepOptions {
  EngineOptions engine;
  Shard shard;
  bool quiet = false;          // no progress
  std::function<bool()> stop;  // asked after every block; true ends the sweep with Interrupted
  std::function<void()> after_checkpoint;  // called when one has all its results, or failed
  // Of a checkpoint with cells that are not done: true leaves them as they are, counted as failed.
  std::function<bool(const CheckpointRef&)> given_up;
  std::function<void(const CheckpointRef&)> on_failure;  // told of each with a failure
  // Brings checkpoints of the hub; none: they are in their folders or fail.
  CheckpointSource* source = nullptr;
  // How a checkpoint becomes an engine; tests put another one here.
  std::function<std::unique_ptr<Engine>(const Checkpoint&, const EngineOptions&)> open_engine =
      Engine::open;
};

struct SweepSummary {
  int64_t cells = 0;     // checkpoints × tasks
  int64_t computed = 0;  // of them, in this sweep
  int64_t failed = 0;
  int64_t left_out = 0;  // of other shards, and not in the store; the others were there already
  int64_t damaged = 0;   // that lost blocks which were not what had been written
  double seconds = 0;
  int64_t predicted_bytes = 0;  // of this process at most, said before each cell
};

// The shards of `count` that have something left to compute.
std::vector<int64_t> unfinished_shards(const PlannedSweep& planned, const Store& store,
                                       int64_t count);

// Scores every checkpoint × task cell of the plan that the store lacks. Several processes may do so
// on one store at once: each takes checkpoints that no other works on (claims.h), and waits at the
// end for those of the others. A checkpoint that cannot be read and a cell that cannot be computed
// are recorded as failed, said on standard error, tried again by the next sweep, and do not stop
// this one. Throws Error if the device is not there or the store cannot be written, DeviceLost if
// the device answers no more (only the cell at that moment is recorded as failed), Interrupted when
// asked to stop; whole blocks are kept either way.
SweepSummary run_sweep(const PlannedSweep& planned, Store& store, const SweepOptions& options);

}  // namespace e2lm
