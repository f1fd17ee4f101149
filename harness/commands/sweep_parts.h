#pragma once

#include <optional>

#include "harness/commands/shared.h"
#include "harness/manifest/manifest.h"
#include "harness/sweep/sweep.h"
#include "harness/sweep/watched_folder.h"

// The ways a sweep can run, by its arguments.

namespace e2lm {

// What every sweep starts from.
struct SweepSetup {
  std::optional<Path> manifest_path;     // none: tasks of the bundled one on what is watched
  std::optional<WatchedFolder> watched;  // --watch DIR
  Path folder;                           // of the run
  SweepOptions options;

  Path store_file() const { return folder / "store.sqlite"; }
};

// The manifest with what the arguments say over it; so are the setup's options from now on. Without
// one: the bundled tasks, and no series.
Manifest read_manifest(const Arguments& arguments, SweepSetup& setup, bool may_be_empty = false);

// Of the setup, to compute what it lacks. Throws Error where the device is left to this machine,
// which has no card, and what is there is of one.
Store open_store(const Arguments& arguments, const SweepSetup& setup);

// --slurm: jobs of a cluster. Returns the exit code.
std::vector<Option> slurm_option_rows();
int sweep_on_slurm(const Arguments& arguments, SweepSetup& setup);

// --watch: checkpoints as they come.
std::vector<Option> watch_option_rows();
std::optional<WatchedFolder> watched_folder(const Arguments& arguments);
int sweep_watching(const Arguments& arguments, SweepSetup& setup);

// Of a sweep that is over, for standard output.
std::string describe(const SweepSummary& summary);

// Writes the report of the setup's store, and returns the leaderboard and where the report is.
std::string finish_sweep(const Store& store, const SweepSetup& setup);

}  // namespace e2lm
