#include "base/json.h"
#include "harness/commands/all.h"
#include "harness/commands/shared.h"
#include "tasks/requests.h"

namespace e2lm {
namespace {

int run(const Arguments& arguments) {
  for (const Path& path : open_library(arguments).find(arguments.positional().front())) {
    const TaskRequests task = make_requests(Task::read(path), request_options(arguments));
    std::string lines;
    for (const Request& request : task.requests) {
      const Json line = {{"task", task.task},          {"doc_id", request.doc_id},
                         {"idx", request.idx},         {"type", "loglikelihood"},
                         {"context", request.context}, {"continuation", request.continuation}};
      lines += line.dump() + "\n";
    }
    print(lines);
  }
  return 0;
}

}  // namespace

Command prompts_command() {
  return {.name = "prompts",
          .arguments = "TASK",
          .summary = "Print the exact requests of a task, a JSON object a line.",
          .details = "TASK is a name, tag, glob or task file.",
          .options = join(task_option_rows(),
                          {{"seed", "S", "1234", "of random few-shot draws; first_n draws none"}}),
          .min_positional = 1,
          .max_positional = 1,
          .run = run};
}

}  // namespace e2lm
