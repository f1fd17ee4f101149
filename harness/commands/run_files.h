#pragma once

#include <chrono>
#include <span>
#include <string>

#include "base/json.h"
#include "harness/options.h"
#include "harness/run.h"

namespace e2lm {

// When a run began: as people date it, and by the clock that never goes back.
struct RunStart {
  std::chrono::system_clock::time_point date = std::chrono::system_clock::now();
  std::chrono::steady_clock::time_point steady = std::chrono::steady_clock::now();
};

// What lm-evaluation-harness's result file says besides the results: into `results`.
void add_circumstances(const Arguments& arguments, const RunOptions& options,
                       const RunStart& started, const RunOutcome& outcome, Json& results);

// Throws Error if the files at --output_path cannot be written: before hours of computation.
void check_run_files(const Arguments& arguments, const RunOptions& options,
                     const RunStart& started);

// A name as a file or folder can have it: what paths and shells take for something else is "__".
std::string file_name(const std::string& name);

// The beginning as files are named after it: "2026-11-24T13-35-01.000000".
std::string file_time(const RunStart& started);

// `results` as `file`, and beside it samples_TASK_TIME.jsonl of the tasks in `sampled`.
void write_results(const Path& file, std::span<const TaskOutcome> sampled, Json results,
                   const RunStart& started);

// results_TIME.json and, with --log_samples, samples_TASK_TIME.jsonl at --output_path.
void write_run_files(const Arguments& arguments, const RunOutcome& outcome, Json results,
                     const RunStart& started);

}  // namespace e2lm
