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
  int64_t decided_alike = 0, ordered_alike = 0;

  bool same_order() const { return ordered_alike == all; }
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
      pairs.ordered_alike += in_a * in_b > 0;
    }
  }
  return pairs;
}

double tau_a_of(const Pairs& pairs) {
  return static_cast<double>(pairs.sum) / static_cast<double>(pairs.all);
}

std::optional<double> tau_b_of(const Pairs& pairs) {
  const int64_t scale = (pairs.all - pairs.equal_a) * (pairs.all - pairs.equal_b);
  if (scale == 0) return {};
  return static_cast<double>(pairs.sum) / std::sqrt(static_cast<double>(scale));
}

double decided_alike(const Pairs& pairs) {
  return static_cast<double>(pairs.decided_alike) / static_cast<double>(pairs.all);
}

}  // namespace

RankAgreement rank_agreement(std::span<const double> scores, std::span<const double> reference) {
  const Pairs pairs = count_pairs(scores, reference);
  return {.kendall_tau_a = tau_a_of(pairs),
          .kendall_tau_b = tau_b_of(pairs),
          .spearman = spearman(scores, reference),
          .decision_accuracy = decided_alike(pairs)};
}

double kendall_tau_a(std::span<const double> a, std::span<const double> b) {
  return tau_a_of(count_pairs(a, b));
}

std::optional<double> kendall_tau_b(std::span<const double> a, std::span<const double> b) {
  return tau_b_of(count_pairs(a, b));
}

double decision_accuracy(std::span<const double> scores, std::span<const double> reference) {
  return decided_alike(count_pairs(scores, reference));
}

bool same_order(std::span<const double> scores, std::span<const double> reference) {
  return count_pairs(scores, reference).same_order();
}

}  // namespace e2lm
