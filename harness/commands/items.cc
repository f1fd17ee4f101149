#include <fmt/format.h>

#include <algorithm>

#include "base/error.h"
#include "base/parallel.h"
#include "base/terminal.h"
#include "base/text.h"
#include "harness/commands/all.h"
#include "harness/commands/item_options.h"
#include "harness/commands/shared.h"
#include "harness/import/import_tables.h"
#include "harness/results/imported_answers.h"
#include "harness/results/item_loader.h"
#include "reports/item_json.h"
#include "reports/item_table.h"

namespace e2lm {
namespace {

HoldOut hold_out(const Arguments& arguments) {
  const std::string name = arguments.require("hold-out");
  if (name == "series") return HoldOut::series;
  if (name == "checkpoints") return HoldOut::checkpoints;
  if (name == "none") return HoldOut::none;
  throw Error("--hold-out", "'" + name + "' is unknown", "series, checkpoints or none");
}

SelectionGoal goal(const Arguments& arguments) {
  const std::string name = arguments.require("by");
  if (name == "signal") return SelectionGoal::signal_quality;
  if (name == "snr") return SelectionGoal::signal_to_noise;
  if (name == "discrimination") return SelectionGoal::discrimination;
  throw Error("--by", "'" + name + "' is unknown", "signal, snr or discrimination");
}

SelectionRules selection_rules(const Arguments& arguments) {
  return {.count = arguments.integer("select", 1).value(),
          .goal = goal(arguments),
          .hold_out = hold_out(arguments),
          .draws = arguments.integer("draws", 1, 100'000).value(),
          .seed = static_cast<uint64_t>(arguments.integer("seed").value()),
          .threads = available_threads()};
}

// A task of the store, by its name.
const std::string& find_task(const Plan& plan, const std::string& name) {
  const auto found = std::find(plan.task_names.begin(), plan.task_names.end(), name);
  if (found != plan.task_names.end()) return *found;
  const std::string near = nearest(name, plan.task_names);
  throw Error("--task", fmt::format("'{}' is no task of this store", name),
              near.empty() ? fmt::format("{}", fmt::join(plan.task_names, ", ")) : near);
}

TaskCurves load_task(ItemLoader& loader, const Arguments& arguments) {
  const std::string& task = find_task(loader.plan(), arguments.require("task"));
  const Metric& metric = mean_metric(arguments.require("metric"));
  const Plan::TaskRow& row = loader.plan().task(task, loader.plan().series.front());
  if (row.items.empty() || !metric.fits(row.items.front().type)) {
    throw Error("--metric", fmt::format("{} has no {}", task, metric.name),
                "see `e2lm ls metrics`");
  }
  TaskCurves curves = load_item_values(loader, task, metric);
  const bool any = std::any_of(curves.series.begin(), curves.series.end(),
                               [](const SeriesCurve& series) { return !series.items.empty(); });
  if (!any) throw Error(task, "has no results yet", "run `e2lm sweep` first");
  return curves;
}

// Whether to look for the task among what was swept: also where it is nowhere.
bool is_swept(const Plan& plan, const Store& store, const std::string& task) {
  if (!has_imports(store)) return true;
  const auto& swept = plan.task_names;
  const bool known = std::find(swept.begin(), swept.end(), task) != swept.end();
  return known || (has_plan(store) && !imported_tasks(store).contains(task));
}

TaskCurves load_imported_task(const Store& store, const Arguments& arguments) {
  return imported_item_values(store, arguments.require("task"),
                              mean_metric(arguments.require("metric")));
}

void select(const TaskCurves& curves, const Arguments& arguments, const std::string& format) {
  if (format == "csv") throw Error("--format", "a choice of items is no csv", "text or json");
  const SelectionRules rules = selection_rules(arguments);
  const ItemSelection selection = select_items(curves, rules);
  if (const auto output = arguments.text("output")) {
    // In the order of the documents, as --samples of `e2lm run` takes them.
    std::vector<int64_t> documents = selection.documents;
    std::sort(documents.begin(), documents.end());
    write_file(*output, Json({{curves.task, documents}}).dump() + "\n");
  }
  if (format == "json") {
    Json json = {{"task", curves.task}, {"metric", curves.metric}};
    json.update(selection_json(selection));
    print(json_text(json));
  } else {
    print_text(selection_text(selection, rules));
  }
}

int run(const Arguments& arguments) {
  const std::string format = require_format(arguments, {"text", "json", "csv"});
  for (const char* option : {"by", "hold-out", "draws", "seed", "output"}) {
    arguments.check_companion(option, "select");
  }
  const Store store = open_store(arguments);
  const bool imports_alone = has_imports(store) && !has_plan(store);
  const Plan plan = imports_alone ? Plan{} : read_plan(store);
  const bool swept = is_swept(plan, store, arguments.require("task"));
  ItemLoader loader(store, plan);
  const TaskCurves curves =
      swept ? load_task(loader, arguments) : load_imported_task(store, arguments);
  if (arguments.flag("select")) {
    select(curves, arguments, format);
    return 0;
  }
  const auto votes = swept ? load_late_votes(loader, curves.task)
                           : imported_late_votes(store, list_import_items(store), curves.task);
  const auto summary = summarise_items(curves, votes ? &*votes : nullptr);
  if (format == "json") {
    print(json_text(full_item_json(*summary)));
  } else {
    print(format == "csv" ? item_csv(*summary) : for_terminal(item_text(*summary)));
  }
  return 0;
}

}  // namespace

Command items_command() {
  return {.name = "items",
          .arguments = "[STORE]",
          .summary = "What single documents of a task are worth; choose the best of them.",
          .details =
              "STORE is a run folder or its store.sqlite; default: runs/checkpoints.\n"
              "Shows documents that never change, that fall while the task rises, or whose answer\n"
              "key is suspect. --select chooses documents, and tells what the choice is worth on\n"
              "what was held out of choosing, beside random choices.",
          .options = {{"task,t", "NAME", "", "the task; required"},
                      {"metric,m", "NAME", "acc", "any metric that is a mean"},
                      {"format", "NAME", "text", "text, json or csv (a line per document)"},
                      {"select", "N", "", "choose so many documents"},
                      {"by", "GOAL", "signal", "signal, snr or discrimination"},
                      {"hold-out", "WHAT", "series",
                       "every second of the series or checkpoints, or none"},
                      {"draws", "N", "200", "random choices to compare with"},
                      {"seed", "S", "1234", "of everything random"},
                      {"output,o", "FILE", "",
                       "{\"task\": [documents]} chosen, for --samples of `e2lm run`"}},
          .max_positional = 1,
          .run = run};
}

}  // namespace e2lm
