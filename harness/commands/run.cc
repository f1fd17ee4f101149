#include "harness/run.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "base/error.h"
#include "base/terminal.h"
#include "base/text.h"
#include "harness/commands/all.h"
#include "harness/commands/run_files.h"
#include "harness/commands/run_options.h"
#include "harness/commands/shared.h"
#include "harness/lm_eval/results.h"

namespace e2lm {
namespace {

void note(const std::string& text) {
  tell(text);
}

// The prompt of each task's first document, between rules, as the original's --write_out.
void show_first_prompts(const RunOutcome& outcome) {
  for (const TaskOutcome& task : outcome.tasks) {
    const Request& first = task.requests.requests.front();
    note(fmt::format("----- {}, document {}: prompt\n{}\n----- continuation\n{}\n-----\n",
                     task.task->name, first.doc_id, first.context, first.continuation));
  }
}

void tell_of_cuts(const RunOutcome& outcome) {
  for (const TaskOutcome& task : outcome.tasks) {
    if (task.cut == 0) continue;
    note(
        fmt::format("{}: {} requests are longer than the model's positions and lost their "
                    "beginning.\n",
                    task.task->name, with_commas(task.cut)));
  }
}

void tell_of_no_numbers(const RunOutcome& outcome) {
  for (const TaskOutcome& task : outcome.tasks) {
    const int64_t odd = std::ranges::count_if(
        task.scores, [](const RequestScore& score) { return !std::isfinite(score.nats); });
    if (odd == 0) continue;
    note(
        fmt::format("{}: of {} requests {} have log-likelihoods that are no finite numbers; "
                    "accuracies take NaN for the greatest, as in lm-evaluation-harness.\n",
                    task.task->name, with_commas(std::ssize(task.scores)), with_commas(odd)));
  }
}

int run(const Arguments& arguments) {
  const RunStart started;
  const RunOptions options = run_options(arguments);
  if (arguments.flag("log_samples") && !arguments.text("output_path")) {
    throw Error("--log_samples", "needs --output_path DIR");
  }
  std::vector<std::string> words = words_in(arguments.require("tasks"));
  for (const std::string& more : arguments.positional()) {  // --tasks a b c
    if (!is_model_argument(more)) words.push_back(more);
  }
  if (words.empty()) {
    throw Error("--tasks", "names nothing",
                "names, groups, tags, globs, task files or folders of them");
  }
  const TaskSelection selection = open_library(arguments).select(words);
  if (arguments.text("output_path")) check_run_files(arguments, options, started);
  const RunOutcome outcome = run_tasks(selection, options);
  if (arguments.flag("write_out")) show_first_prompts(outcome);
  tell_of_cuts(outcome);
  tell_of_no_numbers(outcome);
  Json results = lm_eval::results_json(outcome);
  add_circumstances(arguments, options, started, outcome, results);
  std::string shown =
      fmt::format("e2lm ({}), num_fewshot: {}, limit: {}\n{}", model_args(arguments),
                  arguments.text("num_fewshot").value_or("None"),
                  arguments.text("limit").value_or("None"), lm_eval::results_table(results));
  if (arguments.flag("show_config")) shown += json_text(results["configs"]);
  // Hours of computation stand nowhere else: where the one cannot be written, the other is.
  try {
    if (arguments.text("output_path")) write_run_files(arguments, outcome, results, started);
  } catch (...) {
    print(shown);
    throw;
  }
  print(shown);
  return 0;
}

}  // namespace

Command run_command() {
  return {
      .name = "run",
      .arguments = "[more tasks]",
      .summary = "Score one checkpoint on tasks, with lm-evaluation-harness's flags and files.",
      .details =
          "Prints its result table. --output_path writes results_TIME.json, --log_samples also\n"
          "samples_TASK_TIME.jsonl, in its layout. Special tokens are off unless model_args say\n"
          "add_bos_token=True, as in its version 0.4.9; BOS then stands in front even if the\n"
          "tokenizer's template has none. --special_tokens add-once is what 0.4.13 does by "
          "default.\n"
          "Too long requests lose their beginning, as there, and are counted.",
      .options = run_option_rows(),
      .max_positional = 1000,
      .run = run};
}

}  // namespace e2lm
