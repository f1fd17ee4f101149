#include "harness/sweep.h"

#include <fmt/format.h>

#include <cstdio>

#include "base/error.h"
#include "base/memory.h"
#include "base/progress.h"
#include "harness/commands/all.h"
#include "harness/commands/shared.h"
#include "harness/interrupt.h"
#include "harness/results.h"
#include "reports/table.h"

namespace e2lm {
namespace {

std::string describe(const SweepSummary& summary) {
  const int64_t reused = summary.cells - summary.computed - summary.failed - summary.left_out;
  if (reused == summary.cells) {
    return fmt::format("Nothing to compute: all {} cells are in the store.\n", summary.cells);
  }
  std::string text = fmt::format("Computed {} of {} cells in {}", summary.computed, summary.cells,
                                 format_seconds(summary.seconds));
  if (summary.left_out > 0) text += fmt::format(", {} are other shards'", summary.left_out);
  if (reused > 0) text += fmt::format(", {} were there", reused);
  if (summary.failed > 0)
    text += fmt::format(", {} failed (the report shows which)", summary.failed);
  return text + fmt::format(". Memory: {} at most.\n", format_bytes(peak_resident_bytes()));
}

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

int run(const Arguments& arguments) {
  SweepOptions options{.engine = engine_options(arguments),
                       .shard = shard(arguments),
                       .quiet = arguments.flag("quiet"),
                       .stop = interrupted};
  const Path path =
      arguments.positional().empty() ? kDefaultManifest : arguments.positional().front();
  Manifest manifest = Manifest::read(path);
  manifest.tokens = token_rules(arguments, manifest.tokens);
  const TaskLibrary library = open_library(arguments);
  const auto output = arguments.text("output");
  const Path folder = output ? Path(*output) : default_run(path);
  Store store = Store::open(folder / "store.sqlite");
  if (!options.engine.precision) options.engine.precision = manifest.precision;
  const PlannedSweep planned =
      plan_sweep(manifest, library, store, request_options(arguments), options.engine,
                 {.stop = options.stop, .quiet = options.quiet});
  const SweepSummary summary = run_sweep(planned, store, options);
  const Report report = load_report(store);
  write_report(report, folder / "report");
  print(fmt::format("{}\n{}\nReport: {} (also report.md, report.json, *.csv)\n", describe(summary),
                    leaderboard_text(report), (folder / "report/index.html").string()));
  return summary.failed > 0 ? 1 : 0;
}

}  // namespace

Command sweep_command() {
  return {.name = "sweep",
          .arguments = "[checkpoints.yaml]",
          .summary = "Score every checkpoint of a manifest on every task, then judge the tasks.",
          .details =
              "What the store has already is not computed again; a sweep that was stopped "
              "goes on where it was.\nPrints a leaderboard and leaves store and report in "
              "the output folder.",
          .options =
              join(join({{"output,o", "DIR", "",
                          "run folder; default: runs/NAME for "
                          "NAME.yaml"},
                         {"shard", "I/N", "", "compute only every Nth checkpoint, from the Ith on"},
                         {"quiet,q", "", "", "no progress"}},
                        task_option_rows()),
                   join(token_option_rows(), engine_option_rows())),
          .max_positional = 1,
          .run = run,
          .ends_when_interrupted = true};
}

}  // namespace e2lm
