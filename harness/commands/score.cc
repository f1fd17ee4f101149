#include "base/error.h"
#include "harness/commands/all.h"
#include "harness/commands/import_options.h"
#include "harness/commands/scoring_options.h"
#include "harness/commands/shared.h"
#include "harness/results/results.h"
#include "reports/table.h"

namespace e2lm {
namespace {

constexpr size_t kWidestLine = 160;  // of signal by series, of which there may be many

int run(const Arguments& arguments) {
  const std::string format = arguments.require("format");
  if (format != "text" && format != "json" && format != "markdown") {
    throw Error("--format", "'" + format + "' is unknown", "text, markdown or json");
  }
  const Report report =
      load_report(open_results(arguments), scoring_options(arguments), chosen_series(arguments));
  if (format == "json") {
    print(json_text(report_json(report)));
  } else if (format == "markdown") {
    print(report_markdown(report));
  } else {
    print_text(leaderboard_text(report) + "\n" + as_text_within(signal_table(report), kWidestLine));
  }
  return 0;
}

}  // namespace

Command score_command() {
  return {.name = "score",
          .arguments = "[STORE | FILES OR FOLDERS..]",
          .summary = "Judge the tasks from a store or result files: signal, ranking, compliance.",
          .details =
              "STORE is a run folder or its store.sqlite; default: runs/checkpoints. Files are\n"
              "results as `e2lm import` reads them, whose options are here too.",
          .options = join({{"format", "NAME", "text", "text, markdown or json"}},
                          join(scoring_option_rows(), import_option_rows())),
          .max_positional = kAnyNumber,
          .run = run};
}

}  // namespace e2lm
