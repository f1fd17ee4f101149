#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "scoring/judgement/judgement.h"
#include "scoring/statistics/random_stream.h"

namespace e2lm {

// Of the series below sixteen checkpoints are early and four late.
inline const ScoringRules kRules = {.early = {.max_tokens = 1600}, .late = {.min_tokens = 1600}};

// Sixteen early checkpoints from `start` to `end`, four late ones at `late`.
inline SeriesCurve series(std::string name, std::string group, Mix mix, double start, double end,
                          double late) {
  SeriesCurve result{.series = std::move(name), .group = std::move(group), .mix = mix};
  for (int i = 1; i <= 20; ++i) {
    const double value = i <= 16 ? start + (end - start) * i / 16 : late;
    result.curve.push_back({i, 100.0 * i, value, 0.01});
  }
  return result;
}

// A series of right and wrong answers whose ability rises from `start` by `rise` over 20
// checkpoints.
inline SeriesCurve answered(std::string name, Mix mix, double start, double rise, uint64_t seed,
                            int64_t items = 300) {
  SeriesCurve result{.series = std::move(name), .group = "g", .mix = mix};
  std::vector<double> difficulty(items);
  RandomStream random(seed);
  for (double& value : difficulty) value = random.uniform();
  for (int i = 1; i <= 20; ++i) {
    std::vector<float> values(items);
    double right = 0;
    for (int64_t k = 0; k < items; ++k) {
      const double ability = start + rise * i / 20;
      right += values[k] = difficulty[k] + 0.05 * random.normal() < ability ? 1 : 0;
    }
    result.items.add(values);
    result.curve.push_back({i, 100.0 * i, right / static_cast<double>(items), {}});
  }
  return result;
}

inline TaskCurves answered_task() {
  return {.task = "t",
          .metric = "acc",
          .chance = 0.25,
          .series = {answered("a", Mix::science, 0.25, 0.3, 1),
                     answered("b", Mix::science, 0.25, 0.2, 1),
                     answered("web", Mix::web, 0.25, 0.1, 1)}};
}

}  // namespace e2lm
