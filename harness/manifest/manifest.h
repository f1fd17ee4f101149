#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/file.h"
#include "engine/precision.h"
#include "harness/hub/place.h"
#include "harness/manifest/step_pattern.h"
#include "harness/manifest/token_rules.h"
#include "scoring/judgement/judgement.h"

namespace e2lm {

// A checkpoint as the manifest names it; nothing of it has been opened yet.
struct CheckpointRef {
  std::string series;
  int64_t step = 0;
  double tokens = 0;  // seen in training
  Path folder;        // of one on the hub: where it is or will be in the cache
  std::optional<HubPlace> hub;
  std::string content;    // of one on the hub: content_key of its files; empty: not asked for
  bool as_known = false;  // being written: what the store knew of it counts, if it did
};

struct Series {
  std::string name;
  std::string group;  // series of one group are ranked against each other
  Mix mix = Mix::science;
  std::string control_for;  // of a web series: the science series it is compared with
  Path tokenizer;           // file or folder; empty: in each checkpoint's own folder
  std::vector<CheckpointRef> checkpoints;  // by step
  std::optional<StepPattern> scan;         // where `steps` says so: below the manifest's folder
  // Training tokens at any step; none if they are listed for the checkpoints alone.
  std::function<std::optional<double>(int64_t step)> tokens_at;
};

// What a sweep is: tasks, series and how to score them. The format is shown by example in
// checkpoints.yaml at the root of the repository; every key has a default or is an error when
// unknown. Relative paths count from the manifest's folder.
struct Manifest {
  Path path;
  std::vector<std::string> tasks;  // names, tags, globs or paths of task files
  ScoringRules rules;
  std::optional<Precision> precision;  // of the engine; none: by checkpoint and processor
  TokenRules tokens;
  Path tokenizer;  // of series without one of their own; may be empty
  std::vector<Series> series;

  // Throws Error that lists everything wrong with the file, with lines. That a scan finds nothing
  // is wrong unless it `may_be_empty`.
  static Manifest read(const Path& path, bool may_be_empty = false);
};

}  // namespace e2lm
