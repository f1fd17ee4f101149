#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/file.h"

namespace e2lm {

// What the user asks of Slurm; what is not given is the cluster's default.
struct SlurmOptions {
  int64_t shards = 1;
  std::optional<std::string> partition, account, time, memory;
  std::optional<int64_t> cpus, gpus;
  std::vector<std::string> more;  // options of sbatch as they are
};

// A sweep as jobs of Slurm: an array of which each task computes one shard into a store of its own,
// and a job that merges these when the array has ended, however it ended. Files in the run folder:
//
//   shards/I-of-N/     the stores of the shards
//   slurm/sweep.sh     what a task of the array runs; it stops and requeues itself when Slurm says
//                      (USR1) that its time ends soon, and stops when cancelled or pre-empted
//                      (TERM)
//   slurm/merge.sh     merges the shards into the run folder and writes the report
//   slurm/verdict.json how it ended, by the merge
//   slurm/jobs.json    {"array": ID, "merge": ID}
//   slurm/*.out        what the jobs print
struct SlurmSweep {
  Path run;                        // absolute
  Path program;                    // this one, absolute
  Path from;                       // the folder that relative paths among `words` count from
  std::vector<std::string> words;  // the sweep's arguments, without those of shard and output
  SlurmOptions options;

  Path shard_folder(int64_t index) const;
};

std::string array_script(const SlurmSweep& sweep);
std::string merge_script(const SlurmSweep& sweep);

// The words of sbatch: options here need no quoting by anyone.
std::vector<std::string> array_command(const SlurmSweep& sweep, const std::vector<int64_t>& shards);
std::vector<std::string> merge_command(const SlurmSweep& sweep, const std::string& array_job);

// Writes both scripts. Throws Error where a path cannot be told to Slurm.
void write_scripts(const SlurmSweep& sweep);

struct SlurmJobs {
  std::string array, merge;
};

// Submits both jobs. Throws Error, with what sbatch said, if it refuses or is not there; nothing is
// left in the queue then.
SlurmJobs submit(const SlurmSweep& sweep, const std::vector<int64_t>& shards);

// Throws Error if the jobs that were submitted for this run last are still in the queue.
void refuse_running_jobs(const SlurmSweep& sweep);

}  // namespace e2lm
