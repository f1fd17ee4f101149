#pragma once

#include <functional>
#include <vector>

#include "harness/options.h"
#include "scoring/judgement/rules.h"

// How tasks are judged, as an option of whichever command does so. What is not given stays as the
// store or the manifest has it.

namespace e2lm {

// --tie-rule, --orientation, --reference, --compliance, --weights, --draws, --seed; of the early
// grid
// --step-multiple, --from-step, --to-step, --early-tokens; of the late one --late-tokens
std::vector<Option> scoring_option_rows();

// What the options change. Throws Error, naming the option, on a value that is none.
std::function<void(ScoringRules&)> scoring_options(const Arguments& arguments);

// --only-series; empty: all.
std::vector<std::string> chosen_series(const Arguments& arguments);

}  // namespace e2lm
