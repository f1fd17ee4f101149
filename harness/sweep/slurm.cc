#include "harness/sweep/slurm.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.h"
#include "base/json.h"
#include "base/text.h"
#include "harness/tool.h"

namespace e2lm {
namespace {

// A job that gets nowhere in its time does not requeue itself for ever.
constexpr int kMostRestarts = 100;

std::string quoted(const Path& path) {
  return shell_quoted(path.string());
}

// A path for --output: % begins a pattern of Slurm's.
std::string output_pattern(const Path& folder, std::string_view file) {
  std::string path;
  for (const char c : folder.string()) path += c == '%' ? std::string("%%") : std::string(1, c);
  return path + "/slurm/" + std::string(file);
}

std::vector<std::string> common_options(const SlurmSweep& sweep) {
  std::vector<std::string> words;
  if (sweep.options.partition) words.push_back("--partition=" + *sweep.options.partition);
  if (sweep.options.account) words.push_back("--account=" + *sweep.options.account);
  words.push_back("--chdir=" + sweep.run.string());
  words.emplace_back("--requeue");
  words.emplace_back("--open-mode=append");
  return words;
}

std::string job_name(const SlurmSweep& sweep) {
  return "e2lm-" + sweep.run.filename().string();
}

Path jobs_file(const SlurmSweep& sweep) {
  return sweep.run / "slurm/jobs.json";
}

// The number of the job that sbatch --parsable prints: "12" or "12;cluster".
std::string submit(const std::vector<std::string>& command) {
  const ToolResult result = run_tool(command);
  const std::string id = split(std::string(trim(result.output)), ';').front();
  const bool number = !id.empty() && id.find_first_not_of("0123456789") == std::string::npos;
  if (result.exit_code != 0 || !number) {
    const std::string_view said = trim(result.errors.empty() ? result.output : result.errors);
    throw Error("sbatch", fmt::format("failed with code {}: {}", result.exit_code, said),
                "a Slurm cluster that takes the job; --slurm-dry-run shows what is submitted");
  }
  return id;
}

}  // namespace

Path SlurmSweep::shard_folder(int64_t index) const {
  return run / "shards" / fmt::format("{}-of-{}", index, options.shards);
}

std::string array_script(const SlurmSweep& sweep) {
  const auto given = [&](std::string_view option) {
    return std::any_of(sweep.words.begin(), sweep.words.end(),
                       [&](const std::string& word) { return word.starts_with(option); });
  };
  std::string granted;  // what Slurm gives the job is what the sweep takes
  if (!given("--threads=")) granted += " ${SLURM_CPUS_PER_TASK:+--threads=$SLURM_CPUS_PER_TASK}";
  if (!given("--memory=")) {
    granted += " ${SLURM_MEM_PER_NODE:+--memory=$((SLURM_MEM_PER_NODE * 3 / 4))M}";
  }
  return fmt::format(
      R"(#!/bin/bash
# Written by `e2lm sweep --slurm`. Task I of the job array computes shard I of {shards}, into a store of
# its own; started again, it goes on where it was.

cd -- {from} || exit 2
run={run}
e2lm={program}
mine="$run/shards/$SLURM_ARRAY_TASK_ID-of-{shards}"

# What the run has already need not be computed again.
if [ ! -e "$mine/store.sqlite" ] && [ -e "$run/store.sqlite" ]; then
  "$e2lm" merge "$run" --output="$mine" --no-report
  [ $? -le 1 ] || exit 2  # 1: cells failed, which are tried again here
fi

# USR1 comes before the time limit: the job goes on in another. TERM comes when it is cancelled or
# pre-empted; Slurm knows whether to start it again.
again= stopping= sweep=
stop() {{ stopping=yes; [ -z "$sweep" ] || kill -TERM "$sweep" 2>/dev/null; }}
trap 'again=yes; stop' USR1
trap 'again=; stop' TERM INT
"$e2lm" {words} --shard="$SLURM_ARRAY_TASK_ID/{shards}" --output="$mine" --no-report{granted} &
sweep=$!
[ -z "$stopping" ] || kill -TERM "$sweep"  # the signal came before the sweep had a name
while kill -0 "$sweep" 2>/dev/null; do wait "$sweep"; done
wait "$sweep"
code=$?
# 143: it was stopped before it could say so.
if [ -n "$again" ] && [[ "$code" = 130 || "$code" = 143 ]] && [ "${{SLURM_RESTART_COUNT:-0}}" -lt {most} ]; then
  scontrol requeue "$SLURM_JOB_ID"
fi
exit "$code"
)",
      fmt::arg("shards", sweep.options.shards), fmt::arg("from", quoted(sweep.from)),
      fmt::arg("run", quoted(sweep.run)), fmt::arg("program", quoted(sweep.program)),
      fmt::arg("words", shell_quoted(sweep.words)), fmt::arg("granted", granted),
      fmt::arg("most", kMostRestarts));
}

std::string merge_script(const SlurmSweep& sweep) {
  std::vector<std::string> words = {sweep.program.string(), "merge"};
  for (int64_t index = 1; index <= sweep.options.shards; ++index) {
    words.push_back(sweep.shard_folder(index).string());
  }
  words.insert(words.end(),
               {"--output=" + sweep.run.string(), "--keep-plan", "--whole", "--skip-absent",
                "--verdict=" + (sweep.run / "slurm/verdict.json").string()});
  return fmt::format(
      R"(#!/bin/bash
# Written by `e2lm sweep --slurm`. Merges the shards that are there and writes the report. Exit code 1
# if a cell failed or has no result.

cd -- {} || exit 2
exec {}
)",
      quoted(sweep.from), shell_quoted(words));
}

std::vector<std::string> array_command(const SlurmSweep& sweep,
                                       const std::vector<int64_t>& shards) {
  const SlurmOptions& options = sweep.options;
  std::vector<std::string> words = {"sbatch", "--parsable", "--job-name=" + job_name(sweep),
                                    fmt::format("--array={}", fmt::join(shards, ","))};
  const std::vector<std::string> common = common_options(sweep);
  words.insert(words.end(), common.begin(), common.end());
  words.push_back("--output=" + output_pattern(sweep.run, "sweep-%a.out"));
  words.emplace_back("--signal=B:USR1@60");
  if (options.time) words.push_back("--time=" + *options.time);
  if (options.memory) words.push_back("--mem=" + *options.memory);
  if (options.cpus) words.push_back(fmt::format("--cpus-per-task={}", *options.cpus));
  if (options.gpus) words.push_back(fmt::format("--gpus={}", *options.gpus));
  words.insert(words.end(), options.more.begin(), options.more.end());
  words.push_back((sweep.run / "slurm/sweep.sh").string());
  return words;
}

std::vector<std::string> merge_command(const SlurmSweep& sweep, const std::string& array_job) {
  std::vector<std::string> words = {"sbatch", "--parsable",
                                    "--job-name=" + job_name(sweep) + "-merge",
                                    "--dependency=afterany:" + array_job};
  const std::vector<std::string> common = common_options(sweep);
  words.insert(words.end(), common.begin(), common.end());
  words.push_back("--output=" + output_pattern(sweep.run, "merge.out"));
  words.insert(words.end(), sweep.options.more.begin(), sweep.options.more.end());
  words.push_back((sweep.run / "slurm/merge.sh").string());
  return words;
}

void write_scripts(const SlurmSweep& sweep) {
  for (const Path& path : {sweep.run, sweep.from, sweep.program}) {
    if (path.string().find('\n') == std::string::npos) continue;
    throw Error(path.string(), "has a line break in its name", "a path that Slurm can be told");
  }
  write_file(sweep.run / "slurm/sweep.sh", array_script(sweep));
  write_file(sweep.run / "slurm/merge.sh", merge_script(sweep));
}

SlurmJobs submit(const SlurmSweep& sweep, const std::vector<int64_t>& shards) {
  std::error_code ignored;
  std::filesystem::remove(sweep.run / "slurm/verdict.json", ignored);
  SlurmJobs jobs;
  jobs.array = submit(array_command(sweep, shards));
  try {
    jobs.merge = submit(merge_command(sweep, jobs.array));
  } catch (const Error&) {  // half of it is of no use
    run_tool({"scancel", jobs.array});
    throw;
  }
  const Json json = {{"array", jobs.array}, {"merge", jobs.merge}, {"shards", shards}};
  write_file(jobs_file(sweep), json.dump() + "\n");
  return jobs;
}

void refuse_running_jobs(const SlurmSweep& sweep) {
  const Path file = jobs_file(sweep);
  if (!std::filesystem::exists(file)) return;
  const Json json = parse_json(read_file(file), file.string());
  std::vector<std::string> ids;
  for (const char* key : {"array", "merge"}) {
    const bool there = json.is_object() && json.contains(key) && json[key].is_string();
    if (there) ids.push_back(json[key].get<std::string>());
  }
  // Jobs that Slurm has forgotten are an error to it, and over.
  const ToolResult queue = run_tool(
      {"squeue", "--noheader", "--format=%A", fmt::format("--jobs={}", fmt::join(ids, ","))});
  if (queue.exit_code != 0 || trim(queue.output).empty()) return;
  throw Error(sweep.run.string(),
              fmt::format("its jobs {} are still in the queue", fmt::join(ids, " and ")),
              fmt::format("wait for them, or `scancel {}` first", fmt::join(ids, " ")));
}

}  // namespace e2lm
