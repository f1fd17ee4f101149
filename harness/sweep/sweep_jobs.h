#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "harness/store/store.h"
#include "harness/sweep/planning.h"
#include "harness/sweep/sweep.h"

// What a sweep has left to do.

namespace e2lm {

// What one checkpoint still has to answer.
struct Job {
  struct Cell {
    Store::CellKey key;
    const PreparedTask* task;  // maybe none of a checkpoint that cannot be read
  };
  std::string name;  // "base-deep step 640"
  CheckpointRef ref;
  std::string error;          // the checkpoint cannot be read
  bool unidentified = false;  // its weights are not known before it is here: keys lack them
  bool ready = false;         // it is here, and its weights are known
  std::vector<Cell> cells;

  int64_t weights() const { return cells.front().key.weights; }  // 0 with an error
};

// Cells that are not done, by checkpoint, and those of them that are other shards'. Equal weights
// under two names are computed once.
struct MissingJobs {
  std::vector<Job> jobs;
  std::set<Store::CellKey> covered;  // done, or some job's
  int64_t cells_of_others = 0;
  int64_t cells_given_up = 0;
};

MissingJobs missing_jobs(const PlannedSweep& planned, const Store& store,
                         const SweepOptions& options);

// Of those that are to be brought from the hub.
std::vector<CheckpointRef> refs_on_hub(const std::vector<Job>& jobs);

}  // namespace e2lm
