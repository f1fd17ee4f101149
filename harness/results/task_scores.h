#pragma once

#include <vector>

#include "harness/sweep/items.h"
#include "scoring/metrics/group.h"
#include "tasks/library.h"

namespace e2lm {

// A task's values by each of its metrics and filters, keyed as lm-evaluation-harness keys them.
// Filters keep the first of equal answers, so all of them have the same values.
TaskScores score_task(const Task& task, const TaskRequests& requests,
                      const std::vector<RequestScore>& scores, const Bootstrap& bootstrap = {});

// The tasks of a group and of those within it, in order, each once.
std::vector<std::string> leaves_of(const Group& group, const TaskSelection& selection);

// A group's values over its leaves. `tasks` holds those of the whole selection.
std::vector<NamedScore> score_group(const Group& group, const TaskSelection& selection,
                                    const std::vector<TaskScores>& tasks);

}  // namespace e2lm
