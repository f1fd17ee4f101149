#include "scoring/curves/rank_agreement.h"

#include <cassert>
#include <cmath>

#include "scoring/statistics/rank_correlation.h"

namespace e2lm {
namespace {

// Without branches: those of noise are never foreseen.
int sign(double value) {
  return static_cast<int>(value > 0) - static_cast<int>(value < 0);
}

// Pairs of two sets of scores.
struct Pairs {
  int64_t all = 0, sum = 0;          // Σ of the products of signs
  int64_t equal_a = 0, equal_b = 0;  // equal on a side
  int64_t decided_alike = 0;
};

Pairs count_pairs(std::span<const double> a, std::span<const double> b) {
  assert(a.size() == b.size() && a.size() >= 2);
  const auto n = std::ssize(a);
  Pairs pairs{.all = n * (n - 1) / 2};
  for (size_t i = 0; i < a.size(); ++i) {
    for (size_t j = i + 1; j < a.size(); ++j) {
      const int in_a = sign(a[i] - a[j]), in_b = sign(b[i] - b[j]);
      pairs.sum += in_a * in_b;
      pairs.equal_a += in_a == 0;
      pairs.equal_b += in_b == 0;
      pairs.decided_alike += (in_a > 0) == (in_b > 0);
    }
  }
  return pairs;
}

std::optional<double> tau_b_of(const Pairs& pairs) {
  const int64_t scale = (pairs.all - pairs.equal_a) * (pairs.all - pairs.equal_b);
  if (scale == 0) return {};
  return static_cast<double>(pairs.sum) / std::sqrt(static_cast<double>(scale));
}

PairAgreement agreement_of(const Pairs& pairs) {
  const auto all = static_cast<double>(pairs.all);
  return {.kendall_tau_a = static_cast<double>(pairs.sum) / all,
          .decision_accuracy = static_cast<double>(pairs.decided_alike) / all};
}

}  // namespace

PairAgreement pair_agreement(std::span<const double> scores, std::span<const double> reference) {
  return agreement_of(count_pairs(scores, reference));
}

RankAgreement rank_agreement(std::span<const double> scores, std::span<const double> reference) {
  const Pairs pairs = count_pairs(scores, reference);
  return {agreement_of(pairs), tau_b_of(pairs), spearman(scores, reference)};
}

double kendall_tau_a(std::span<const double> a, std::span<const double> b) {
  return pair_agreement(a, b).kendall_tau_a;
}

std::optional<double> kendall_tau_b(std::span<const double> a, std::span<const double> b) {
  return tau_b_of(count_pairs(a, b));
}

bool same_order(std::span<const double> scores, std::span<const double> reference) {
  for (size_t i = 0; i < scores.size(); ++i) {
    for (size_t j = i + 1; j < scores.size(); ++j) {
      const int in_scores = sign(scores[i] - scores[j]);
      if (in_scores == 0 || in_scores != sign(reference[i] - reference[j])) return false;
    }
  }
  return true;
}

}  // namespace e2lm
