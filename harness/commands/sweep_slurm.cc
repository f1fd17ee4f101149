#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/error.h"
#include "harness/commands/all.h"
#include "harness/commands/sweep_parts.h"
#include "harness/merge/merge.h"
#include "harness/sweep/plan.h"
#include "harness/sweep/slurm.h"
#include "harness/tool.h"

namespace e2lm {
namespace {

constexpr int64_t kDefaultShards = 8;
constexpr int64_t kMostShards = 1000;

int64_t count_checkpoints(const Manifest& manifest) {
  int64_t count = 0;
  for (const Series& series : manifest.series) count += std::ssize(series.checkpoints);
  return count;
}

SlurmOptions slurm_options(const Arguments& arguments, int64_t checkpoints) {
  return {.shards = arguments.integer("slurm-shards", 1, kMostShards)
                        .value_or(std::clamp<int64_t>(checkpoints, 1, kDefaultShards)),
          .partition = arguments.text("slurm-partition"),
          .account = arguments.text("slurm-account"),
          .time = arguments.text("slurm-time"),
          .memory = arguments.text("slurm-memory"),
          .cpus = arguments.integer("slurm-cpus", 1),
          .gpus = arguments.integer("slurm-gpus"),
          .more = arguments.texts("slurm-option")};
}

bool is_of_the_whole(std::string_view option) {
  return option.starts_with("slurm") || option == "output" || option == "config";
}

SlurmSweep slurm_sweep(const Arguments& arguments, const SweepSetup& setup, int64_t checkpoints) {
  SlurmSweep sweep{.run = std::filesystem::absolute(setup.folder).lexically_normal(),
                   .program = program_file(),
                   .from = std::filesystem::current_path(),
                   .words = {"sweep"},
                   .options = slurm_options(arguments, checkpoints)};
  const auto words = arguments.words(sweep_command().options, is_of_the_whole);
  sweep.words.insert(sweep.words.end(), words.begin(), words.end());
  return sweep;
}

// What earlier jobs computed, of any number of shards.
void merge_shards(const SlurmSweep& sweep, const SweepSetup& setup) {
  const Path shards = sweep.shard_folder(1).parent_path();
  if (!std::filesystem::exists(shards)) return;
  const std::vector<Path> stores = filled_stores_at(shards);
  if (!stores.empty())
    merge_stores(stores, setup.store_file(), {.keep_plan = true, .plans_may_differ = true});
}

// What a shard said of an earlier sweep, as one with other arithmetic, must not pass for results of
// this one if its job never begins. REQUIRES: no job runs.
void unlist_shards(const SlurmSweep& sweep) {
  for (int64_t index = 1; index <= sweep.options.shards; ++index) {
    for (const Path& path : filled_stores_at(sweep.shard_folder(index))) {
      Store store = Store::open(path);
      unlist_plan(store);
    }
  }
}

std::string describe_jobs(const SlurmSweep& sweep, const SlurmJobs& jobs,
                          const std::vector<int64_t>& shards) {
  return fmt::format(
      "Job {}: shards {} of {}, a job array.\n"
      "Job {}: merges them when they have ended, and writes the report.\n\n"
      "Watch:   squeue --jobs={},{}\n"
      "Cancel:  scancel {} {}\n"
      "Logs:    {}\n"
      "Report:  {}\n"
      "Verdict: {}\n"
      "Run the same command again to submit what is still lacking.\n",
      jobs.array, fmt::join(shards, ", "), sweep.options.shards, jobs.merge, jobs.array, jobs.merge,
      jobs.array, jobs.merge, (sweep.run / "slurm/*.out").string(),
      (sweep.run / "report/index.html").string(), (sweep.run / "slurm/verdict.json").string());
}

std::string describe_dry_run(const SlurmSweep& sweep, const std::vector<int64_t>& shards) {
  return fmt::format("{}\n{}\n", shell_quoted(array_command(sweep, shards)),
                     shell_quoted(merge_command(sweep, "ARRAY_JOB")));
}

}  // namespace

std::vector<Option> slurm_option_rows() {
  return {
      {"slurm", "", "", "submit the sweep to Slurm: an array of shards, and their merge"},
      {"slurm-shards", "N", "", "shards; default: 8, or one for each checkpoint if fewer"},
      {"slurm-partition", "NAME", "", "partition of the jobs"},
      {"slurm-account", "NAME", "", "account of the jobs"},
      {"slurm-time", "TIME", "",
       "time limit of a shard, as sbatch has it; one that needs longer goes on in another job"},
      {"slurm-cpus", "N", "", "processors for each shard"},
      {"slurm-gpus", "N", "", "GPUs for each shard"},
      {"slurm-memory", "SIZE", "", "memory for each shard, as sbatch has it"},
      {"slurm-option", "--X=Y", "", "an option of sbatch, for all jobs; may be given repeatedly"},
      {"slurm-dry-run", "", "", "write the scripts and print the commands, submit nothing"}};
}

int sweep_on_slurm(const Arguments& arguments, SweepSetup& setup) {
  const Manifest manifest = read_manifest(arguments, setup);
  const SlurmSweep sweep = slurm_sweep(arguments, setup, count_checkpoints(manifest));
  const bool dry_run = arguments.flag("slurm-dry-run");
  if (!dry_run) refuse_running_jobs(sweep);
  const TaskLibrary library = open_library(arguments);
  std::vector<int64_t> shards;
  {
    Store store = Store::open(setup.store_file());
    const RequestOptions requests = request_options(arguments);
    // Shards hash what they compute; the machine that submits them need not read the weights, nor
    // have the nodes' cards.
    const auto plan = [&] {
      return plan_sweep(manifest, library, store, requests, setup.options.engine,
                        {.hashes = [](int64_t) { return false; },
                         .any_device = arguments.require("device") == "auto"});
    };
    plan();  // what the shards have is merged into it
    merge_shards(sweep, setup);
    shards = unfinished_shards(plan(), store, sweep.options.shards);
    if (shards.empty()) {
      print("Nothing to compute: all cells are in the store.\n\n" + finish_sweep(store, setup));
      return 0;
    }
  }
  write_scripts(sweep);
  if (dry_run) {
    print(describe_dry_run(sweep, shards));
    return 0;
  }
  unlist_shards(sweep);
  print(describe_jobs(sweep, submit(sweep, shards), shards));
  return 0;
}

}  // namespace e2lm
