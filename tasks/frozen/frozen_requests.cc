#include "tasks/frozen/frozen_requests.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.h"
#include "tasks/frozen/frozen_lines.h"
#include "tasks/frozen/olmo_requests.h"

namespace e2lm {
namespace {

[[noreturn]] void refuse(const Task& task, const std::string& what, const std::string& expected) {
  throw Error(task.frozen->where, fmt::format("{} is frozen {}", task.name, what), expected);
}

void check_options(const Task& task, const RequestOptions& options, const FrozenDocuments& made) {
  for (const auto& asked : {options.num_fewshot, task.num_fewshot}) {
    if (asked.value_or(made.shots) == made.shots) continue;
    refuse(task, fmt::format("with num_fewshot {}", made.shots),
           fmt::format("that number, or the task frozen again with {}", *asked));
  }
  if (!options.system_instruction.empty()) {
    refuse(task, "without a system instruction", "none");
  }
  if (made.shots == 0) return;
  if (options.fewshot_seed != made.fewshot_seed) {
    refuse(task, fmt::format("with examples drawn by the seed {}", made.fewshot_seed),
           fmt::format("that seed, or the task frozen again with {}", options.fewshot_seed));
  }
  if (options.fewshot_draw != FewShotDraw::per_task) {
    refuse(task, "with examples drawn in one stream", "--fewshot-draw per-task");
  }
}

void check_golds(const FrozenDocument& document) {
  for (const int32_t gold : document.item.golds) {
    if (gold >= 0) continue;
    throw Error(
        document.document.where, fmt::format("the gold answer is {}", gold),
        fmt::format("one of the {} choices, by number from 0", document.item.choices.size()));
  }
}

}  // namespace

TaskRequests frozen_requests(const Task& task, const RequestOptions& options) {
  FrozenDocuments read = task.frozen->kind == FrozenSource::Kind::lines
                             ? read_frozen_lines(task, options)
                             : read_olmo_requests(task, options);
  check_options(task, options, read);
  check_samples(options, task.name, read.held);
  if (read.documents.empty()) throw Error(task.frozen->where, "no document is left to ask");
  const bool mutual_info = std::any_of(task.metrics.begin(), task.metrics.end(),
                                       [](const auto& m) { return m.name == "acc_mutual_info"; });
  TaskRequests result{.task = task.name,
                      .output_type = task.output_type,
                      .all_documents = read.all_documents,
                      .shots = read.shots};
  for (FrozenDocument& document : read.documents) {
    if (!options.as_original) check_golds(document);
    if (mutual_info && !document.item.unconditional) {
      throw Error(document.document.where, "has no requests of the choices after nothing",
                  "them, for acc_mutual_info");
    }
    result.doc_ids.push_back(document.requests.front().doc_id);
    result.items.push_back(std::move(document.item));
    for (Request& request : document.requests) result.requests.push_back(std::move(request));
    if (!options.keep_documents) continue;
    result.documents.push_back(std::move(document.document));
    result.targets.push_back(std::move(document.target));
  }
  return result;
}

}  // namespace e2lm
