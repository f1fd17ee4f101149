#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "harness/store/store.h"

namespace e2lm {

struct MergeOptions {
  // What the target's latest sweep covers stays as it is; of other stores come the results only,
  // and which weights its checkpoints have.
  bool keep_plan = false;
  // Of stores that do not agree in what they planned one has its way, and it is no error: for who
  // plans anew afterwards.
  bool plans_may_differ = false;
  // Of damaged stores what can be read (salvage.h) is taken, with a note of what cannot.
  bool salvage = false;
};

struct MergeSummary {
  int64_t stores = 0;              // read
  int64_t cells = 0;               // that the target did not have, or not done
  int64_t requests = 0;            // scores the target did not have
  int64_t imported = 0;            // scores of other programs by which the target has more
  std::vector<std::string> notes;  // what of the target was replaced, and of sources is lost
};

// The store files a path stands for: itself, the store.sqlite of a run folder, or those of the run
// folders in it or in its folder `shards`. Throws Error if there is none.
std::vector<Path> stores_at(const Path& path);

// The same without those that are not there, or that a program began to make and did not: a shard
// that was killed at its start, or met a full disk.
std::vector<Path> filled_stores_at(const Path& path);

// Puts everything that the stores hold into the one at `target`, which is made if it is not there.
// Results are told by weights, requests and settings:
//
//   cells    a done one goes before a running one, that before a failed one; blocks are united, and
//            a cell whose blocks are whole is done
//   plan     the union of series, checkpoints and tasks; a checkpoint whose weights are known goes
//            before one not read; series and tasks in the order of their places, then names
//   imports  of a file that several stores imported the one written last
//
// The order of the sources does not matter, and merging again changes nothing. Throws Error, and
// leaves the target as it was, where stores contradict each other: other scores for the same
// request, other weights for the same checkpoint, another task, series or rule under the same name.
// What the target's own plan said before gives way instead, with a note.
MergeSummary merge_stores(const std::vector<Path>& sources, const Path& target,
                          const MergeOptions& options = {});

}  // namespace e2lm
