#include "base/json.h"
#include "harness/commands/all.h"
#include "harness/commands/shared.h"
#include "tasks/requests.h"

namespace e2lm {
namespace {

Json line_of(const TaskRequests& task, const Request& request) {
  Json line = {{"task", task.task},
               {"doc_id", request.doc_id},
               {"idx", request.idx},
               {"type", request.rolling ? "loglikelihood_rolling" : "loglikelihood"}};
  if (request.rolling) {
    line["text"] = request.continuation;
  } else {
    line["context"] = request.context;
    line["continuation"] = request.continuation;
  }
  return line;
}

int run(const Arguments& arguments) {
  RequestOptions options = request_options(arguments);
  options.as_original = true;
  for (const Task& task : open_library(arguments).select(arguments.positional()).tasks) {
    const TaskRequests made = make_requests(task, options);
    std::string lines;
    for (const Request& request : made.requests) {
      const std::string line = line_of(made, request).dump() + "\n";
      for (int64_t copy = 0; copy < task.repeats; ++copy) lines += line;
    }
    print(lines);
  }
  return 0;
}

}  // namespace

Command prompts_command() {
  return {.name = "prompts",
          .arguments = "TASK..",
          .summary = "Print the exact requests of tasks, a JSON object a line.",
          .details = "TASK is a name, group, tag, glob, task file or folder of them.",
          .options = task_option_rows(),
          .min_positional = 1,
          .max_positional = 1000,
          .run = run};
}

}  // namespace e2lm
