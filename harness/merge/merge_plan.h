#pragma once

#include <span>
#include <string>
#include <vector>

#include "harness/merge/merge.h"
#include "harness/merge/merge_cells.h"
#include "harness/sweep/plan.h"

namespace e2lm {

// A plan, and whose it is. Its numbers are those of the target.
struct StorePlan {
  std::string store;
  Plan plan;
};

// A source's plan with the target's numbers.
StorePlan translate_plan(const Store& source, const MergedIds& ids);

// What of `plan` is also in `kept`: its checkpoints, and its tasks if their content is the same.
StorePlan restrict_plan(StorePlan plan, const Plan& kept);

// Puts `plan` into `merged`, which was united of those `before`, as merge.h says. Where two
// contradict each other: an Error that names both stores.
void unite_plans(StorePlan& merged, const StorePlan& plan, std::span<const StorePlan> before);

// The same where what `earlier` said gives way, with a note.
void unite_with_earlier(StorePlan& merged, const StorePlan& earlier,
                        std::vector<std::string>& notes);

// Throws Error if a series lacks a task's requests in its tokens.
void check_whole(const StorePlan& merged);

}  // namespace e2lm
