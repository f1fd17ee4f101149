#include <algorithm>
#include <filesystem>
#include <optional>

#include "base/error.h"
#include "base/parallel.h"
#include "base/text.h"
#include "harness/commands/all.h"
#include "harness/commands/item_options.h"
#include "harness/commands/shared.h"
#include "harness/import/import_tables.h"
#include "harness/lm_eval/sample_reader.h"
#include "harness/results/imported_answers.h"
#include "reports/comparison.h"

namespace e2lm {
namespace {

PairedRules paired_rules(const Arguments& arguments) {
  return {.draws = arguments.integer("draws", 1, 10'000'000).value(),
          .seed = static_cast<uint64_t>(arguments.integer("seed").value()),
          .threads = available_threads()};
}

std::string rendered(const Comparison& comparison, const std::string& format) {
  if (format == "json") return json_text(comparison_json(comparison));
  if (format == "csv") return comparison_csv(comparison);
  if (format == "markdown") return comparison_markdown(comparison);
  return comparison_text(comparison);
}

// Where A and B come from: sample files, or a store that is opened if it is needed.
class Sources {
 public:
  explicit Sources(const Arguments& arguments)
      : filter_(arguments.text("filter").value_or("")), store_path_(arguments.text("store")) {}

  Answers read(const std::string& model) {
    if (is_file(model)) return answers_in_samples(model, filter_);
    open();
    if (!is_swept(model.substr(0, model.rfind('@'))) && !is_swept(model)) {
      if (auto imported = imported_answers(*store_, model)) return std::move(*imported);
    }
    if (!loader_) throw Error(model, "is no series of this store's imported samples, nor a file");
    return answers_in_store(*loader_, model);
  }

 private:
  // A series goes before a file of its name where a store is given.
  bool is_file(const std::string& model) {
    const bool unmistakable = model.find('/') != std::string::npos || model.ends_with(".jsonl") ||
                              model.ends_with(".jsonl.gz");
    if (unmistakable || !std::filesystem::exists(model)) return unmistakable;
    if (!store_path_) return true;
    open();
    return !is_swept(model) && !imported_answers(*store_, model);
  }

  bool is_swept(const std::string& series) const {
    return std::any_of(plan_.series.begin(), plan_.series.end(),
                       [&](const Plan::SeriesRow& row) { return row.name == series; });
  }

  void open() {
    if (store_) return;
    store_ = open_run(store_path_.value_or(default_run(kDefaultManifest).string()));
    if (!has_plan(*store_) && has_imports(*store_)) return;
    plan_ = read_plan(*store_);
    loader_.emplace(*store_, plan_);
  }

  std::string filter_;
  std::optional<std::string> store_path_;
  std::optional<Store> store_;
  Plan plan_;                         // nothing where the store has imports alone
  std::optional<ItemLoader> loader_;  // of the plan
};

// Two files of one task each are of the same task, whatever they are called, if their names do not
// say otherwise.
void share_name(Answers& a, Answers& b) {
  if (a.tasks.size() != 1 || b.tasks.size() != 1) return;
  const auto unnamed = [](const Path& name) {
    return std::filesystem::is_regular_file(name) && !lm_eval::is_samples_file(name);
  };
  if (unnamed(a.name)) a.tasks[0].task = b.tasks[0].task;
  if (unnamed(b.name)) b.tasks[0].task = a.tasks[0].task;
}

int run(const Arguments& arguments) {
  const std::string format = require_format(arguments, {"text", "json", "markdown", "csv"});
  const Metric& metric = mean_metric(arguments.require("metric"));
  CompareOptions options{.rules = paired_rules(arguments)};
  if (const auto tasks = arguments.text("tasks")) options.tasks = split(*tasks, ',');
  Sources sources(arguments);
  Answers a = sources.read(arguments.positional()[0]);
  Answers b = sources.read(arguments.positional()[1]);
  share_name(a, b);
  print(rendered(compare_answers(a, b, metric, options), format));
  return 0;
}

}  // namespace

Command compare_command() {
  return {
      .name = "compare",
      .arguments = "A B",
      .summary = "Compare two checkpoints or runs on the same documents: differences and how sure.",
      .details =
          "A and B are checkpoints of a store, swept or imported with their samples,\n"
          "SERIES@STEP, or SERIES for its last one; or\n"
          "samples_TASK_TIME.jsonl files, or folders of them, of e2lm run or\n"
          "lm-evaluation-harness. Documents are matched by their numbers and hashes.\n"
          "Differences are B - A. The verdict goes by p-values adjusted over the tasks.",
      .options = {{"store", "RUN", "",
                   "run folder or its store.sqlite; default: "
                   "runs/checkpoints"},
                  {"metric", "NAME", "acc", "what to compare: any metric that is a mean"},
                  {"tasks", "A,B", "", "only these, names or globs; default: all"},
                  {"filter", "NAME", "", "of several in a samples file; default: the first"},
                  {"draws", "N", "10000", "resamplings of the documents"},
                  {"seed", "S", "1234", "of the resamplings"},
                  {"format", "NAME", "text", "text, json, markdown or csv"}},
      .min_positional = 2,
      .max_positional = 2,
      .run = run};
}

}  // namespace e2lm
