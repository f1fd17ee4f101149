#pragma once

#include <cmath>
#include <optional>
#include <type_traits>
#include <vector>

#include "base/json.h"
#include "scoring/judgement/judgement.h"

namespace e2lm {

// The value, or null where there is none; JSON has no number that is not finite.
template <typename T>
Json or_null(const std::optional<T>& value) {
  if (!value) return nullptr;
  if constexpr (std::is_floating_point_v<T>) {
    if (!std::isfinite(*value)) return nullptr;
  }
  return *value;
}

// Adds what was judged to a report's JSON: leaderboard, signal, ranking, ranking_steps,
// task_signal, compliance.
void add_judgements(const std::vector<Judgement>& judgements, const ScoringRules& rules,
                    Json& report);

}  // namespace e2lm
