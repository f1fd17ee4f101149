#include "harness/commands/sweep_parts.h"

#include <fmt/format.h>

#include <cstdio>
#include <optional>

#include "base/error.h"
#include "base/memory.h"
#include "base/progress.h"
#include "base/terminal.h"
#include "base/text.h"
#include "harness/commands/all.h"
#include "harness/commands/hub_options.h"
#include "harness/hub/stream.h"
#include "harness/interrupt.h"
#include "harness/results/results.h"
#include "harness/store/claims.h"
#include "harness/sweep/checkpoint_plan.h"
#include "reports/table.h"

namespace e2lm {
Manifest read_manifest(const Arguments& arguments, SweepSetup& setup, bool may_be_empty) {
  const auto tasks = arguments.text("tasks");
  Manifest manifest;
  if (setup.manifest_path) {
    manifest = Manifest::read(*setup.manifest_path, may_be_empty);
  } else if (!tasks) {
    manifest.tasks = Manifest::read(bundled_manifest(), true).tasks;
  }
  if (tasks) manifest.tasks = split(*tasks, ',');
  manifest.tokens = token_rules(arguments, manifest.tokens);
  if (!arguments.given("dtype")) setup.options.engine.precision = manifest.precision;
  return manifest;
}

Store open_store(const Arguments& arguments, const SweepSetup& setup) {
  Store store = Store::open(setup.store_file());
  const bool left_to_machine = arguments.require("device") == "auto";
  const bool card = setup.options.engine.device == Device::cuda;
  if (!left_to_machine || card || !has_results_of_card(store)) return store;
  throw Error(setup.folder.string(), "was computed on a card, and this machine has none",
              fmt::format("`e2lm report {}` for what is there, or --device cpu, which computes "
                          "everything anew",
                          setup.folder.string()));
}

std::string describe(const SweepSummary& summary) {
  const int64_t reused = summary.cells - summary.computed - summary.failed - summary.left_out;
  if (reused == summary.cells) {
    return fmt::format("Nothing to compute: all {} cells are in the store.\n", summary.cells);
  }
  std::string text = fmt::format("Computed {} of {} cells in {}", summary.computed, summary.cells,
                                 format_seconds(summary.seconds));
  if (summary.left_out > 0) text += fmt::format(", {} are other shards'", summary.left_out);
  if (reused > 0) text += fmt::format(", {} were there", reused);
  if (summary.damaged > 0)
    text += fmt::format(", {} had damaged blocks in the store", summary.damaged);
  if (summary.failed > 0)
    text += fmt::format(", {} failed (the report shows which)", summary.failed);
  return text + fmt::format(". Memory: {} at most.\n", format_bytes(peak_resident_bytes()));
}

std::string finish_sweep(const Store& store, const SweepSetup& setup) {
  const Report report = load_report(store);
  write_report(report, setup.folder / "report");
  return fmt::format("{}\nReport: {} (also report.md, report.json, *.csv)\n",
                     leaderboard_text(report), (setup.folder / "report/index.html").string());
}

namespace {

Shard shard(const Arguments& arguments) {
  const auto given = arguments.text("shard");
  if (!given) return {};
  int64_t index = 0, count = 0;
  char after = '\0';
  const int read = std::sscanf(given->c_str(), "%ld/%ld%c", &index, &count, &after);
  if (read != 2 || index < 1 || index > count) {
    throw Error("--shard", fmt::format("'{}' is no shard", *given),
                "I/N, as 1/4 for the first of four");
  }
  return {index, count};
}

// Of what a stream brought; each share of a sweep has one.
Path journal_of(const SweepSetup& setup) {
  const Shard& shard = setup.options.shard;
  if (shard.count == 1) return setup.folder / "streaming.json";
  return setup.folder / fmt::format("streaming-{}-of-{}.json", shard.index, shard.count);
}

// What brings the manifest's checkpoints from the hub, if that is asked for.
struct HubSweep {
  HubSweep(const Arguments& arguments, const SweepSetup& setup)
      : claims(setup.store_file()),
        connection(arguments, /*quiet=*/true),  // the sweep has a progress line of its own
        stream(connection.fetcher, {.disk_bytes = arguments.bytes("disk").value_or(0),
                                    .journal = journal_of(setup),
                                    .stop = interrupted}) {
    if (claims.take_stream(setup.options.shard.index)) return;
    throw Error("--stream", fmt::format("another e2lm streams into {}", setup.folder.string()),
                "its end, or a share for each: --shard 1/2 and --shard 2/2");
  }

  Claims claims;
  HubConnection connection;
  HubStream stream;
};

// Options that mean nothing without another are refused without it: who gave --slurm-dry-run did
// not want the sweep to start here. Those of a watched folder are checked where it is read.
void check_companions(const Arguments& arguments) {
  for (const Option& option : slurm_option_rows()) {
    if (option.name != "slurm") arguments.check_companion(option.name, "slurm");
  }
  for (const char* option : {"watch-interval", "watch-until", "watch-idle"}) {
    arguments.check_companion(option, "watch");
  }
  arguments.check_companion("disk", "stream");
  if (arguments.given("jobs") && !arguments.flag("fetch") && !arguments.flag("stream")) {
    throw Error("--jobs", "needs --fetch or --stream");
  }
}

void check_hub_options(const Arguments& arguments, const Manifest& manifest) {
  const bool fetches = arguments.flag("fetch"), streams = arguments.flag("stream");
  if (fetches && streams) throw Error("--fetch", "and --stream exclude each other");
  if ((fetches || streams) && hub_places(manifest).empty()) {
    throw Error(fetches ? "--fetch" : "--stream",
                fmt::format("{} names no checkpoints on the hub", manifest.path.string()),
                "series with the key 'hub'");
  }
}

void tell_failures(const std::vector<std::string>& failures) {
  for (const std::string& failure : failures) tell(failure + "\n");
}

// Fetches the manifest's checkpoints that are on the hub. One that could not be had is a failed
// cell later.
void fetch_checkpoints(const Arguments& arguments, const Manifest& manifest) {
  HubConnection connection(arguments, arguments.flag("quiet"));
  const FetchSummary summary = connection.fetcher.fetch_checkpoints(hub_places(manifest));
  tell_failures(summary.failures);
}

int sweep_here(const Arguments& arguments, SweepSetup& setup) {
  Manifest manifest = read_manifest(arguments, setup);
  check_hub_options(arguments, manifest);
  if (arguments.flag("fetch")) {
    fetch_checkpoints(arguments, manifest);
    manifest = read_manifest(arguments, setup);
  }
  const TaskLibrary library = open_library(arguments);
  Store store = open_store(arguments, setup);
  std::optional<HubSweep> hub;
  if (arguments.flag("stream")) {
    hub.emplace(arguments, setup);
    if (!setup.options.quiet) std::fputs("Asking the hub what it has ...\n", stderr);
    tell_failures(hub->stream.prepare(manifest));
    setup.options.source = &hub->stream;
  }
  const PlannedSweep planned =
      plan_sweep(manifest, library, store, request_options(arguments), setup.options.engine,
                 {.hashes = [&](int64_t number) { return setup.options.shard.has(number); },
                  .stop = setup.options.stop,
                  .quiet = setup.options.quiet});
  for (const std::string& note : planned.notes) tell(note + "\n");
  const SweepSummary summary = run_sweep(planned, store, setup.options);
  const bool report = !arguments.flag("no-report");
  print_text(describe(summary) + (report ? "\n" + finish_sweep(store, setup) : ""));
  return summary.failed > 0 ? 1 : 0;
}

// runs/NAME for NAME.yaml; of a watched folder one that no other folder's watch has.
Path default_folder(const SweepSetup& setup) {
  if (!setup.watched) return default_run(*setup.manifest_path);
  const Path stem = setup.manifest_path ? setup.manifest_path->stem() : Path("watch");
  return default_run(stem.string() + "-" + setup.watched->unique_name() + ".yaml");
}

SweepSetup sweep_setup(const Arguments& arguments) {
  SweepSetup setup{.watched = watched_folder(arguments),
                   .options = {.engine = engine_options(arguments),
                               .shard = shard(arguments),
                               .quiet = arguments.flag("quiet"),
                               .stop = interrupted}};
  if (!arguments.positional().empty()) {
    setup.manifest_path = arguments.positional().front();
  } else if (!setup.watched) {
    setup.manifest_path = kDefaultManifest;
  }
  const auto output = arguments.text("output");
  setup.folder = output ? Path(*output) : default_folder(setup);
  return setup;
}

int run(const Arguments& arguments) {
  check_companions(arguments);
  SweepSetup setup = sweep_setup(arguments);
  const bool slurm = arguments.flag("slurm"), watch = arguments.flag("watch");
  for (const char* other : {"shard", "no-report", "fetch", "stream"}) {
    if (!(slurm || watch) || !arguments.flag(other)) continue;
    throw Error(fmt::format("--{}", other), "does not go with --slurm or --watch");
  }
  if (slurm && watch) throw Error("--watch", "does not go with --slurm");
  if (slurm) return sweep_on_slurm(arguments, setup);
  return watch ? sweep_watching(arguments, setup) : sweep_here(arguments, setup);
}

std::vector<Option> sweep_option_rows() {
  const std::vector<Option> own = {
      {"output,o", "DIR", "", "run folder; default: runs/NAME for NAME.yaml"},
      {"tasks", "A,B", "", "tasks instead of the manifest's, named as there"},
      {"shard", "I/N", "", "compute only every Nth checkpoint, from the Ith on"},
      {"no-report", "", "", "write no report"},
      {"fetch", "", "", "first download the checkpoints that are on the hub"},
      {"stream", "", "",
       "download each checkpoint that is on the hub when its turn comes, and remove it afterwards"},
      {"disk", "SIZE", "", "the most that --stream holds at a time, as 20G"},
      {"jobs", "N", "4", "files that --fetch or --stream downloads at once"},
      {"quiet,q", "", "", "no progress"}};
  return join(join(own, join(task_option_rows(), token_option_rows())),
              join(engine_option_rows(), join(watch_option_rows(), slurm_option_rows())));
}

}  // namespace

Command sweep_command() {
  return {.name = "sweep",
          .arguments = "[checkpoints.yaml]",
          .summary = "Score every checkpoint of a manifest on every task, then judge the tasks.",
          .details =
              "What the store has already is not computed again; a sweep that was stopped "
              "goes on where it was.\nPrints a leaderboard and leaves store and report in "
              "the output folder. Over several machines, and beside a training run: "
              "docs/clusters.md.",
          .options = sweep_option_rows(),
          .max_positional = 1,
          .run = run,
          .ends_when_interrupted = true};
}

}  // namespace e2lm
