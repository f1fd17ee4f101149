#pragma once

#include <vector>

#include "harness/import/importer.h"
#include "harness/options.h"
#include "harness/store/store.h"

// Options of the commands that read result files: import, score, report.

namespace e2lm {

// --pattern, --step-from, --map, --tokens, --series, --group, --mix, --control-for, --only,
// --mean, --no-samples, --newest
std::vector<Option> import_option_rows();
ImportOptions import_options(const Arguments& arguments);

// What the arguments of `score` and `report` mean: a store (a run folder, its store.sqlite, by
// default that of `e2lm sweep`), or result files and folders, imported into memory.
Store open_results(const Arguments& arguments);

// The files that were skipped, and series of several settings, to standard error.
void report_skipped(const ImportSummary& summary);

}  // namespace e2lm
