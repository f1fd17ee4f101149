#pragma once

#include "scoring/judgement/judged_task.h"
#include "scoring/judgement/null_model.h"

namespace e2lm {

// White noise like a series' own on the early grid: of right answers where the scores are shares of
// a known number of items, else of the scores themselves where some are equal, else by standard
// errors, else of any size. The number of items is that of the items' values if they are 0 or 1, or
// the task's, or found from the standard errors: those of n right or wrong answers are
// sqrt(share (1 - share) / (n - 1)).
NullCurve noise_like(const JudgedTask& task, const JudgedTask::Series& series,
                     const ScoringRules& rules);

}  // namespace e2lm
