#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "scoring/curves/curve.h"

namespace e2lm {

// How much of a benchmark's gain needs science in the training text: a model trained on a science
// mix against one trained on web text alone. The competition's own formula is not public; these are
// ours, none of them official, and the one that enters the total is chosen by name.
//
//   gap_over_chance  clamp(Σ_t (science_t - web_t) / Σ_t (science_t - chance), 0, 1)
//   auc_gap          the same with areas under the curves over training tokens (trapezoids) for the
//                    sums: checkpoints count by how much training they stand for
//   effect_size      Cohen's d of the two curves' scores, (mean science - mean web) / s with
//                    s² = (variance science + variance web) / 2: needs no chance level, so it is
//                    defined for margins and the like
//
// 1 in the first two: the web model never leaves chance; 0: the web model does as well or better.
// Where the science model itself is not above chance by two standard errors of its mean there is
// nothing to attribute, and they are 0; where no errors are known, any gain counts.
enum class ComplianceMeasure { gap_over_chance, auc_gap, effect_size };

std::string_view compliance_measure_name(ComplianceMeasure measure);
std::optional<ComplianceMeasure> find_compliance_measure(std::string_view name);

// Over the checkpoints of a grid that both curves have.
struct Compliance {
  int64_t points = 0;
  double science_mean = 0;
  double web_mean = 0;
  std::optional<double> gap_over_chance;  // absent without common points or a chance level
  std::optional<double> auc_gap;          // also where the points span no tokens
  std::optional<double> effect_size;      // absent for fewer than two points or constant curves

  // In [0, 1], for the total: of effect_size, which has no upper end, max(0, 2 Φ(d / √2) - 1), by
  // how much more often than not a score of the science model is above one of the web model, were
  // both normal (McGraw and Wong 1992).
  std::optional<double> score(ComplianceMeasure measure) const;
};

Compliance compliance(const Curve& science, const Curve& web, std::optional<double> chance,
                      const Grid& grid);

}  // namespace e2lm
