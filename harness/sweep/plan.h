#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "harness/manifest/manifest.h"
#include "harness/store/store.h"
#include "tasks/requests.h"

namespace e2lm {

// What the latest sweep of a store covers, in the names people use: which checkpoints of which
// series, which tasks, how they are to be scored. Everything a report needs besides the blocks, so
// that results can be judged without the manifest, the task files or the checkpoints.
struct Plan {
  struct TaskRow {
    std::string name;
    std::string content_sha256;    // of its requests as text and their gold answers
    std::string tokenizer_sha256;  // one row for each tokenizer among the series
    int64_t request_set = 0;
    std::vector<ItemShape> items;
    std::vector<std::string> metrics;  // by their stored names: items.h
    std::optional<int64_t> shots;      // few-shot examples; none: swept before they were noted
  };
  struct CheckpointRow {
    CheckpointRef ref;
    std::optional<int64_t> weights;  // none if it could not be read, or was not hashed yet
    std::string error;               // why it could not be read
    std::string settings;            // of the engine: "float32 cpu"
    bool as_before = false;          // its folder was not looked at
  };
  struct SeriesRow {
    std::string name, group, control_for;
    Mix mix = Mix::science;
    std::string tokenizer_sha256;
    std::vector<CheckpointRow> checkpoints;
  };

  std::vector<std::string> task_names;  // in the manifest's order
  std::vector<TaskRow> tasks;
  std::vector<SeriesRow> series;
  ScoringRules rules;
  TokenRules tokens;

  // The row of a task under a series' tokenizer. REQUIRES: there is one.
  const TaskRow& task(const std::string& name, const SeriesRow& of) const;
};

// Makes `plan` the latest sweep of the store. Rows of earlier sweeps stay, unlisted.
void write_plan(Store& store, const Plan& plan);

// The latest sweep is over, and covers nothing any more. Its rows stay, unlisted.
void unlist_plan(Store& store);

// Notes what became known of a checkpoint of the plan since: its weights, or why there are none.
void update_checkpoint(Store& store, const Plan::CheckpointRow& row);

bool has_plan(const Store& store);

// Throws Error if no sweep was ever planned in this store.
Plan read_plan(const Store& store);

}  // namespace e2lm
