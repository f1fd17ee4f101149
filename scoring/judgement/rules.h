#pragma once

#include <cstdint>

#include "scoring/curves/compliance.h"
#include "scoring/curves/curve.h"
#include "scoring/curves/ranking.h"
#include "scoring/statistics/rank_correlation.h"

namespace e2lm {

// Which way a curve is read. natural: the values of a metric of which less is better (perplexity)
// are negated before judging, so that a fall is progress. as_stored: every rise is progress.
enum class Orientation { natural, as_stored };

// How tasks are judged.
struct ScoringRules {
  Grid early;  // what signal quality and compliance look at
  Grid late;   // what ranking consistency looks at
  RankingReference reference;
  double signal_weight = 0.5;
  double ranking_weight = 0.1;
  double compliance_weight = 0.4;
  TieRule tie_rule = TieRule::stable;
  Orientation orientation = Orientation::natural;
  ComplianceMeasure compliance = ComplianceMeasure::gap_over_chance;
  int64_t draws = 1000;       // for intervals; 0: none
  int64_t null_draws = 4000;  // of what noise alone scores (a p of 0.05 is known to 0.003); 0: none
  uint64_t seed = 1234;       // of both
};

inline constexpr int64_t kMostDraws = 100'000;  // more would fill the memory and change no digit

}  // namespace e2lm
