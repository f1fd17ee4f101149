#pragma once

#include <string>
#include <vector>

#include "base/json.h"

namespace e2lm::submission {

// What a verdict's totals depend on besides the submission: series, their checkpoints, settings,
// grids, weights and rules. Null if it has no scores.
Json how_scored(const Json& verdict);

// What most of several were scored by, and of as many the first; null if none has scores.
Json most_common(const std::vector<Json>& scorings);

// The first thing in which one scoring differs from that of the ranked ones, as a sentence:
// "scored otherwise: weights.signal is 0.4, of those ranked 0.5". Empty if they are alike.
std::string difference(const Json& scoring, const Json& of_ranked);

}  // namespace e2lm::submission
