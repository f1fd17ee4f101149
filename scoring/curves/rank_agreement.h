#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "scoring/curves/curve.h"
#include "scoring/statistics/interval.h"

namespace e2lm {

// How far scores of m models order them as a reference does, over the m (m - 1) / 2 pairs i < j of
// scores a and reference scores b: what is needed of every draw.
struct PairAgreement {
  // Σ sign(a_i - a_j) sign(b_i - b_j) / pairs: a pair equal on either side counts 0.
  double kendall_tau_a = 0;
  // Share of pairs with (a_i > a_j) == (b_i > b_j), as Signal-and-Noise and DataDecide compute it.
  // An equal pair counts as "not greater", so ties can make it depend on the order of the models.
  double decision_accuracy = 0;
};

struct RankAgreement : PairAgreement {
  // The sum of tau-a / sqrt((pairs - equal in a) (pairs - equal in b)); absent if all of a side is
  // equal.
  std::optional<double> kendall_tau_b;
  // Spearman's correlation with mean ranks; absent if all of a side is equal.
  std::optional<double> spearman;
};

// REQUIRES: as many scores as reference scores, two at least.
PairAgreement pair_agreement(std::span<const double> scores, std::span<const double> reference);
RankAgreement rank_agreement(std::span<const double> scores, std::span<const double> reference);

// Kendall's tau-a and tau-b alone. REQUIRES: as rank_agreement().
double kendall_tau_a(std::span<const double> a, std::span<const double> b);
std::optional<double> kendall_tau_b(std::span<const double> a, std::span<const double> b);

// Whether scores order every pair as the reference does, strictly: a pair that is equal on either
// side is ordered by nobody.
bool same_order(std::span<const double> scores, std::span<const double> reference);

}  // namespace e2lm
