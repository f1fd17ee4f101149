#include "harness/merge/merge.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "base/error.h"
#include "base/terminal.h"
#include "base/text.h"
#include "harness/commands/all.h"
#include "harness/commands/shared.h"
#include "harness/import/import_tables.h"
#include "harness/results/results.h"
#include "harness/sweep/plan.h"
#include "reports/table.h"

namespace e2lm {
namespace {

std::vector<Path> source_stores(const Arguments& arguments) {
  std::vector<Path> stores;
  for (const std::string& path : arguments.positional()) {
    auto found = arguments.flag("skip-absent") ? filled_stores_at(path) : stores_at(path);
    std::move(found.begin(), found.end(), std::back_inserter(stores));
  }
  return stores;
}

struct Verdict {
  int64_t cells = 0, done = 0, failed = 0, missing = 0;
  int exit_code = 0;
};

Verdict judge_cells(const Report& report, bool whole) {
  Verdict verdict;
  for (const ReportCell& cell : report.cells) {
    ++verdict.cells;
    ++(cell.state == "done"     ? verdict.done
       : cell.state == "failed" ? verdict.failed
                                : verdict.missing);
  }
  verdict.exit_code = verdict.failed > 0 || (whole && verdict.missing > 0) ? 1 : 0;
  return verdict;
}

void write_verdict(const Path& path, const Verdict& verdict) {
  const Json json = {{"cells", verdict.cells},
                     {"done", verdict.done},
                     {"failed", verdict.failed},
                     {"missing", verdict.missing},
                     {"exit_code", verdict.exit_code}};
  write_file(path, json.dump() + "\n");
}

std::string describe(const MergeSummary& summary, const Path& target) {
  std::string text = fmt::format("Merged {} store{} into {}: {} cells and {} scores are new",
                                 summary.stores, summary.stores == 1 ? "" : "s", target.string(),
                                 with_commas(summary.cells), with_commas(summary.requests));
  if (summary.imported > 0)
    text += fmt::format(", and {} imported ones", with_commas(summary.imported));
  return text + ".\n";
}

std::string describe(const Verdict& verdict) {
  std::string text = fmt::format("{} of {} cells are done", verdict.done, verdict.cells);
  if (verdict.failed > 0) text += fmt::format(", {} failed", verdict.failed);
  if (verdict.missing > 0) text += fmt::format(", {} have no result yet", verdict.missing);
  return text + ".\n";
}

int run(const Arguments& arguments) {
  const Path folder = arguments.require("output");
  const Path target = folder.extension() == ".sqlite" ? folder : folder / "store.sqlite";
  const MergeSummary summary = merge_stores(
      source_stores(arguments), target,
      {.keep_plan = arguments.flag("keep-plan"), .salvage = arguments.flag("salvage")});
  for (const std::string& note : summary.notes) {
    tell(fmt::format("e2lm: {}\n", note));
  }
  std::string text = describe(summary, target);
  const Store store = Store::open_unchanged(target);
  Verdict verdict;
  if (has_plan(store) || has_imports(store)) {
    const Report report = load_report(store);
    verdict = judge_cells(report, arguments.flag("whole"));
    text += describe(verdict);
    if (!arguments.flag("no-report")) {
      const Path page = target.parent_path() / "report";
      write_report(report, page);
      text += fmt::format("\n{}\nReport: {} (also report.md, report.json, *.csv)\n",
                          leaderboard_text(report), (page / "index.html").string());
    }
  }
  if (const auto path = arguments.text("verdict")) write_verdict(*path, verdict);
  print_text(text);
  return verdict.exit_code;
}

}  // namespace

Command merge_command() {
  return {.name = "merge",
          .arguments = "STORES..",
          .summary = "Put the results of several stores into one, as of the shards of a sweep.",
          .details =
              "STORES are run folders, their store.sqlite, or folders of run folders. Results are\n"
              "told by weights, requests and settings; their order does not matter, and merging\n"
              "again changes nothing. Stores that contradict each other are an error. Exit code\n"
              "1 if cells failed. See docs/clusters.md.",
          .options = {{"output,o", "DIR", "", "run folder to merge into, made if it is not there"},
                      {"keep-plan", "", "",
                       "what DIR's latest sweep covers stays; only results are taken"},
                      {"salvage", "", "",
                       "of damaged stores take what can still be read, and say what cannot"},
                      {"whole", "", "", "exit with 1 also if a cell has no result"},
                      {"skip-absent", "", "", "pass over stores that are not there, or empty"},
                      {"no-report", "", "", "write no report"},
                      {"verdict", "FILE", "", "write numbers of cells and the exit code as JSON"}},
          .min_positional = 1,
          .max_positional = kAnyNumber,
          .run = run};
}

}  // namespace e2lm
