// A store's results in the layout of lm-evaluation-harness's files: the tasks' requests are made
// anew, and their scores come from the store instead of from a model.

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "base/error.h"
#include "base/parallel.h"
#include "base/terminal.h"
#include "base/text.h"
#include "base/version.h"
#include "harness/commands/all.h"
#include "harness/commands/run_files.h"
#include "harness/commands/shared.h"
#include "harness/lm_eval/results.h"
#include "harness/results/item_loader.h"

namespace e2lm {
namespace {

// What the sweep took of each task: as many documents, after as many examples.
RunOptions options_of(const Plan& plan, const Arguments& arguments) {
  RunOptions options{.requests = request_options(arguments)};
  for (const Plan::TaskRow& task : plan.tasks) {
    std::vector<int64_t>& documents = options.samples[task.name];
    documents.resize(task.items.size());
    for (size_t i = 0; i < documents.size(); ++i) documents[i] = static_cast<int64_t>(i);
    if (task.shots && !options.requests.num_fewshot) options.shots[task.name] = *task.shots;
  }
  return options;
}

TaskSelection select_tasks(const Plan& plan, const Arguments& arguments) {
  const auto named = arguments.text("tasks");
  TaskSelection selection =
      open_library(arguments).select(named ? split(*named, ',') : plan.task_names);
  for (const Task& task : selection.tasks) {
    if (std::ranges::find(plan.task_names, task.name) != plan.task_names.end()) continue;
    throw Error("--tasks", fmt::format("'{}' is no task of this store", task.name),
                fmt::format("{}", fmt::join(plan.task_names, ", ")));
  }
  return selection;
}

// Of the sweep's options those that made its prompts; how many documents there were the store says.
std::vector<Option> prompt_option_rows() {
  std::vector<Option> rows = task_option_rows();
  std::erase_if(rows, [](const Option& row) { return row.name.starts_with("limit"); });
  for (Option& row : rows) {
    if (row.name.starts_with("num_fewshot")) row.help = "of stores that do not say it";
  }
  return rows;
}

// Names come from whoever made the store: none leads out of the folder.
Path folder_of(const std::string& series) {
  const std::string name = file_name(series);
  return name.empty() || name.starts_with('.') ? "_" + name : name;
}

class Exporter {
 public:
  Exporter(const Store& store, const Plan& plan, const Arguments& arguments)
      : store_(store),
        plan_(plan),
        loader_(store, plan),
        folder_(arguments.require("output")),
        with_samples_(arguments.flag("log_samples")),
        selection_(select_tasks(plan, arguments)) {
    RunOptions options = options_of(plan, arguments);
    // Those of tasks that are not selected would be said to be wrong.
    std::erase_if(options.samples, [&](const auto& entry) {
      return std::ranges::none_of(selection_.tasks,
                                  [&](const Task& task) { return task.name == entry.first; });
    });
    outcome_ = make_run(selection_, options);
    seed_ = options.requests.fewshot_seed;
  }

  // How many checkpoints have no file, for want of results.
  int64_t run() {
    check_same_tasks();
    for (const Plan::SeriesRow& series : plan_.series) {
      for (const Plan::CheckpointRow& row : series.checkpoints) write(series, row);
    }
    tell(fmt::format("{} checkpoints in {}{}\n", written_, folder_.string(),
                     left_out_ == 0 ? "" : fmt::format("; {} left out", left_out_)));
    return left_out_;
  }

 private:
  // The files of tasks may have changed since the sweep, or its prompts been made by other options.
  void check_same_tasks() const {
    for (const TaskOutcome& task : outcome_.tasks) {
      for (const Plan::SeriesRow& series : plan_.series) {
        if (plan_.task(task.task->name, series).content_sha256 == task.requests.sha256()) continue;
        throw Error(task.task->path.string(),
                    "makes other requests than those that the store has results of",
                    "the sweep's task files and data, and its --num_fewshot, --seed, "
                    "--fewshot-draw and --system_instruction");
      }
    }
  }

  void write(const Plan::SeriesRow& series, const Plan::CheckpointRow& row) {
    const std::string name = fmt::format("{} step {}", series.name, row.ref.step);
    for (const TaskOutcome& task : outcome_.tasks) {
      if (find_cell(series, row, task.task->name)) continue;
      tell(fmt::format("{}: no result of {}\n", name, task.task->name));
      ++left_out_;
      return;
    }
    score_run(outcome_, selection_, bootstrap_, [&](const TaskRequests& task) {
      const Plan::TaskRow& of = plan_.task(task.task, series);
      std::vector<RequestScore> scores =
          loader_.read_scores_of(*find_cell(series, row, task.task), of);
      if (task.output_type != OutputType::loglikelihood_rolling) {
        return ScoredRequests{std::move(scores)};
      }
      std::vector<int32_t> windows;
      for (const ItemShape& item : of.items) windows.push_back(item.windows);
      return ScoredRequests{join_windows(scores, windows)};
    });
    const Path file = folder_ / folder_of(series.name) / fmt::format("step{}", row.ref.step) /
                      fmt::format("results_{}.json", file_time(started_));
    std::filesystem::create_directories(file.parent_path());
    std::span<const TaskOutcome> sampled;
    if (with_samples_) sampled = outcome_.tasks;
    write_results(file, sampled, results(series, row), started_);
    ++written_;
  }

  std::optional<int64_t> find_cell(const Plan::SeriesRow& series, const Plan::CheckpointRow& row,
                                   const std::string& task) const {
    return loader_.find(plan_.task(task, series), row);
  }

  Json results(const Plan::SeriesRow& series, const Plan::CheckpointRow& row) const {
    Json json = lm_eval::results_json(outcome_);
    const auto space = row.settings.find(' ');
    json["config"] = {{"model", "e2lm"},
                      {"model_args", "pretrained=" + row.ref.folder.string()},
                      {"model_dtype", row.settings.substr(0, space)},
                      {"device", space == std::string::npos ? "" : row.settings.substr(space + 1)},
                      {"limit", nullptr},
                      {"bootstrap_iters", bootstrap_.draws},
                      {"gen_kwargs", nullptr},
                      {"fewshot_seed", seed_},
                      {"token_rules", plan_.tokens.json()},
                      {"metadata",
                       {{"series", series.name},
                        {"step", row.ref.step},
                        {"tokens", row.ref.tokens},
                        {"store", store_.database().path().string()}}}};
    json["date"] = std::chrono::duration<double>(started_.date.time_since_epoch()).count();
    json["e2lm_version"] = kVersion;
    json["model_source"] = "e2lm";
    json["model_name"] = fmt::format("{}@{}", series.name, row.ref.step);
    json["chat_template"] = nullptr;
    return json;
  }

  const Store& store_;
  const Plan& plan_;
  ItemLoader loader_;
  Path folder_;
  bool with_samples_;
  TaskSelection selection_;
  Bootstrap bootstrap_{.threads = available_threads()};
  RunOutcome outcome_;  // requests of all checkpoints, scores of the one at hand
  uint64_t seed_ = 0;
  RunStart started_;
  int64_t written_ = 0, left_out_ = 0;
};

int run(const Arguments& arguments) {
  const Path folder = arguments.require("output");
  const Store store = open_store(arguments);
  const Plan plan = read_plan(store);
  std::error_code absent;
  if (!std::filesystem::is_empty(folder, absent) && !absent) {
    throw Error(folder.string(), "is not empty: readers would take two exports for one",
                "a new folder for -o");
  }
  return Exporter(store, plan, arguments).run() > 0 ? 1 : 0;
}

}  // namespace

Command export_command() {
  return {.name = "export",
          .arguments = "[STORE]",
          .summary = "A store's results as lm-evaluation-harness's files, a folder a checkpoint.",
          .details =
              "STORE is a run folder or its store.sqlite; default: runs/checkpoints. Writes\n"
              "DIR/SERIES/stepN/results_TIME.json, with --log_samples also\n"
              "samples_TASK_TIME.jsonl, as `e2lm run` does; nothing is computed anew, but prompts\n"
              "are made again from the task files, which must be those of the sweep. A checkpoint\n"
              "without all results is left out, with exit code 1.",
          .options = join({{"output,o", "DIR", "", "a new or empty folder; required"},
                           {"tasks,t", "A,B", "",
                            "tasks, groups or task files; default: the store's, by their names"},
                           {"log_samples,s", "", "", "also a file of every document's answers"}},
                          prompt_option_rows()),
          .max_positional = 1,
          .run = run};
}

}  // namespace e2lm
