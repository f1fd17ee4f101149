#pragma once

#include "base/json.h"
#include "scoring/judgement/rules.h"

namespace e2lm {

// Adds what results were judged by, in words and numbers: early_grid, late_grid, grids, weights,
// rules. docs/scoring.md says what the keys mean.
void add_rules(const ScoringRules& rules, Json& report);

}  // namespace e2lm
