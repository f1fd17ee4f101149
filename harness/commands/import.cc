#include <fmt/format.h>

#include <map>
#include <set>

#include "base/text.h"
#include "harness/commands/all.h"
#include "harness/commands/import_options.h"
#include "harness/commands/shared.h"
#include "harness/store/new_store.h"
#include "reports/table.h"

namespace e2lm {
namespace {

std::string range(const std::string& first, const std::string& last) {
  return first == last ? first : first + " to " + last;
}

// What the store now holds of imports, a line for each series.
Table series_table(const Store& store) {
  struct Sum {
    std::map<int64_t, double> tokens;
    std::set<std::string> tasks;
    int64_t scores = 0;
  };
  std::map<std::string, Sum> sums;
  for (const ScoreRow& row : read_import_scores(store)) {
    Sum& sum = sums[row.series];
    double& tokens = sum.tokens[row.step];
    tokens = std::max(tokens, row.tokens.value_or(0) / 1e9);
    sum.tasks.insert(row.score.task);
    ++sum.scores;
  }
  Table table{.header = {"series", "group", "mix", "checkpoints", "steps", "billion tokens",
                         "tasks", "scores"},
              .left = 3};
  for (const ImportedSeries& series : read_import_series(store)) {
    const Sum& sum = sums[series.name];
    if (sum.tokens.empty()) continue;
    const double most = sum.tokens.rbegin()->second;
    table.rows.push_back({series.name, series.group, series.mix == Mix::web ? "web" : "science",
                          with_commas(std::ssize(sum.tokens)),
                          range(fmt::format("{}", sum.tokens.begin()->first),
                                fmt::format("{}", sum.tokens.rbegin()->first)),
                          most > 0 ? range(fmt::format("{:.4g}", sum.tokens.begin()->second),
                                           fmt::format("{:.4g}", most))
                                   : "unknown",
                          with_commas(std::ssize(sum.tasks)), with_commas(sum.scores)});
  }
  return table;
}

Path target_of(const Arguments& arguments) {
  Path path = arguments.require("store");
  if (path.extension() != ".sqlite") path /= "store.sqlite";
  return path;
}

int run(const Arguments& arguments) {
  const std::vector<Path> paths(arguments.positional().begin(), arguments.positional().end());
  const ImportOptions options = import_options(arguments);
  ImportSummary summary;
  Table series;
  const auto fill = [&](Store& store) {
    summary = import_results(paths, options, store);
    series = series_table(store);
  };
  std::string where = "memory only (--dry-run)";
  if (arguments.flag("dry-run")) {
    Store store = Store::in_memory();
    fill(store);
  } else {
    const Path target = target_of(arguments);
    fill_store(target, fill);
    where = target.string();
  }
  report_skipped(summary);
  const std::string documents =
      summary.documents > 0 ? fmt::format(" and {} documents", with_commas(summary.documents)) : "";
  print_text(fmt::format("Imported {} scores{} from {} file{} into {}\n\n{}",
                         with_commas(summary.scores), documents, with_commas(summary.files),
                         summary.files == 1 ? "" : "s", where, as_text(series)));
  return 0;
}

}  // namespace

Command import_command() {
  return {.name = "import",
          .arguments = "FILES OR FOLDERS..",
          .summary = "Put results of other programs into a store, to be judged like one's own.",
          .details =
              "Reads results of lm-evaluation-harness (today's layout and the old one), the E2LM\n"
              "plot data, BigScience aggregates and CSV tables; the content says which. Importing\n"
              "a file again replaces what it gave. See docs/import.md.",
          .options = join({{"store", "DIR", "runs/imported", "run folder, or its store.sqlite"},
                           {"dry-run", "", "", "show what would be imported, write nothing"}},
                          import_option_rows()),
          .min_positional = 1,
          .max_positional = kAnyNumber,
          .run = run};
}

}  // namespace e2lm
