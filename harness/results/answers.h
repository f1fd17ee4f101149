#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/file.h"
#include "harness/results/item_loader.h"
#include "reports/comparison.h"
#include "scoring/metrics/item.h"

namespace e2lm {

// What one model answered to the documents of a task, wherever that was kept.
struct TaskAnswers {
  std::string task;
  std::vector<int64_t> doc_ids;
  std::vector<std::string> doc_hashes;  // empty where they are not known
  std::vector<Item> items;              // by document
  bool lengths = true;                  // of the choices, in characters and bytes, are known
  std::vector<std::string> metrics;     // that the task has, as a store names them: sweep/items.h
  std::vector<std::string> others;      // metrics absent, or others by these names
};

struct Answers {
  std::string name;  // of the model
  std::vector<TaskAnswers> tasks;
  std::vector<std::string> missing;  // tasks that were planned and have no result
};

// Of a checkpoint of a store, written SERIES@STEP, or SERIES for its last checkpoint. Throws Error
// naming the series or steps there are, or why the checkpoint could not be read.
Answers answers_in_store(ItemLoader& loader, const std::string& checkpoint);

// Of a samples file of e2lm run or lm-evaluation-harness, or of a folder of them, subfolders
// included: one file per task. `filter` chooses among several in a file; empty: the first. Throws
// Error where a folder has none, or two of one task.
Answers answers_in_samples(const Path& path, const std::string& filter);

struct CompareOptions {
  std::vector<std::string> tasks;  // names or globs; empty: all that both have
  PairedRules rules;
};

// Compares two models on the tasks that both have and the metric fits, document by document.
// Throws Error where two tasks of one name are not of the same documents, a wanted task is not
// there or the metric has no value in it, or nothing is left to compare.
Comparison compare_answers(const Answers& a, const Answers& b, const Metric& metric,
                           const CompareOptions& options);

}  // namespace e2lm
