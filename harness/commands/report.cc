#include "reports/report.h"

#include <fmt/format.h>

#include "base/error.h"
#include "harness/commands/all.h"
#include "harness/commands/import_options.h"
#include "harness/commands/scoring_options.h"
#include "harness/commands/shared.h"
#include "harness/results/results.h"

namespace e2lm {
namespace {

int run(const Arguments& arguments) {
  const Store store = open_results(arguments);
  const auto output = arguments.text("output");
  if (!output && store.database().path() == kInMemory) {
    throw Error("--output", "is missing", "the folder for a report of result files");
  }
  const Path folder = output ? Path(*output) : store.database().path().parent_path() / "report";
  write_report(load_report(store, scoring_options(arguments), chosen_series(arguments)), folder);
  print_text(fmt::format("Report: {} (also report.md, report.json, *.csv)\n",
                         (folder / "index.html").string()));
  return 0;
}

}  // namespace

Command report_command() {
  return {.name = "report",
          .arguments = "[STORE | FILES OR FOLDERS..]",
          .summary =
              "Write the report of a store or of result files: an HTML page, Markdown, JSON, CSV.",
          .details =
              "STORE is a run folder or its store.sqlite; default: runs/checkpoints. Files are\n"
              "results as `e2lm import` reads them, whose options are here too.",
          .options = join({{"output,o", "DIR", "", "folder; default: report beside the store"}},
                          join(scoring_option_rows(), import_option_rows())),
          .max_positional = kAnyNumber,
          .run = run};
}

}  // namespace e2lm
