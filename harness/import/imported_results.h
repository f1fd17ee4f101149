#pragma once

#include "harness/store/store.h"
#include "reports/report.h"

namespace e2lm {

// Adds what was imported into a store to a report: curves, cells, and findings where scores are
// missing or no numbers. A series that bears the name of one that the report already has is called
// "NAME (imported)". Documents' values join a curve where every point of it has the same ones.
void add_imported_results(const Store& store, Report& report);

// How imported series are judged where nothing else says it: those of the E2LM competition on its
// grids, all others on all checkpoints, with and without known tokens.
ScoringRules imported_rules(const Store& store);

// Adds the tasks that were defined as means of others (--mean): by metric and checkpoint the mean
// of all tasks of the report that the glob fits, each counted once. A checkpoint that lacks one has
// no mean.
void add_task_means(const Store& store, Report& report);

}  // namespace e2lm
