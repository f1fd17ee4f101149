#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "scoring/curves/curve.h"

namespace e2lm {

// The four criteria by which FineTasks chose early-signal tasks (Hugging Face, "FineTasks: finding
// signal in a haystack of 200+ multilingual tasks", 2024): monotonicity, low noise, non-random
// performance, model ordering consistency. Theirs take the noise from repeated trainings on other
// samples of the data; where each series was trained once, it is taken here from its last
// checkpoints: s, the population standard deviation of the last kLastOfCurve scores.
inline constexpr int64_t kLastOfCurve = 5;

struct FineTasksCurve {
  std::optional<double> monotonicity;    // Spearman of step and score, mean ranks, not floored
  std::optional<double> snr;             // |mean of the last scores| / s
  std::optional<double> non_randomness;  // (largest score - chance) / s; absent without chance
};

// Absent where s is 0 or there are fewer than two points. REQUIRES: by step, finite.
FineTasksCurve fine_tasks(const Curve& curve, std::optional<double> chance);

// Model ordering consistency: the mean of Kendall's tau of the models' scores between every two
// consecutive checkpoints, of those past 15 billion tokens. tau-b is left out of its mean where it
// is not defined. Absent for fewer than two models or checkpoints.
struct ModelOrdering {
  std::vector<int64_t> steps;  // that count
  int64_t pairs = 0;           // of consecutive ones
  std::optional<double> kendall_tau_a, kendall_tau_b;
};
inline constexpr double kOrderingFromTokens = 15e9;

// REQUIRES: the curves have the same steps.
ModelOrdering model_ordering(std::span<const Curve> models,
                             double from_tokens = kOrderingFromTokens);

}  // namespace e2lm
