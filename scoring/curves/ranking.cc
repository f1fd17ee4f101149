#include "scoring/curves/ranking.h"

#include <fmt/format.h>

#include <vector>

namespace e2lm {
namespace {

// The difference of two curves where both have a step.
struct Difference {
  int64_t step;
  double value;
};

std::vector<Difference> differences(const Curve& a, const Curve& b, const Grid& grid) {
  std::vector<Difference> result;
  auto other = b.begin();
  for (const CurvePoint& point : a) {
    while (other != b.end() && other->step < point.step) ++other;
    if (other == b.end() || other->step != point.step) continue;
    if (grid.contains(point) && grid.contains(*other)) {
      result.push_back({point.step, point.value - other->value});
    }
  }
  return result;
}

int sign(double value) {
  return value > 0 ? 1 : value < 0 ? -1 : 0;
}

struct Order {
  int sign = 0;  // +1: a is to be above b; 0: undecided
  std::optional<int64_t> step;
};

Order reference_order(const Curve& a, const Curve& b, const Grid& early,
                      const std::vector<Difference>& late, const RankingReference& reference) {
  if (reference.kind == RankingReference::Kind::final) {
    if (late.empty()) return {};
    return {sign(late.back().value), late.back().step};
  }
  double sum = 0;
  if (reference.kind == RankingReference::Kind::early_mean) {
    for (const Difference& difference : differences(a, b, early)) sum += difference.value;
    return {sign(sum), {}};
  }
  for (const Difference& difference : differences(a, b, {})) {
    if (difference.step == reference.step) return {sign(difference.value), difference.step};
  }
  return {};
}

}  // namespace

std::string RankingReference::describe() const {
  switch (kind) {
    case Kind::final:
      return "final";
    case Kind::early_mean:
      return "early-mean";
    case Kind::at_step:
      return fmt::format("step {}", step);
  }
  return "";
}

RankingConsistency ranking_consistency(const Curve& a, const Curve& b, const Grid& early,
                                       const Grid& late, const RankingReference& reference) {
  const std::vector<Difference> points = differences(a, b, late);
  const Order order = reference_order(a, b, early, points, reference);
  RankingConsistency result{.late = std::ssize(points), .reference_step = order.step};
  for (const Difference& point : points) {
    result.agree += order.sign != 0 && sign(point.value) == order.sign;
    result.tied += point.value == 0;
  }
  if (order.sign != 0 && result.late > 0) {
    result.consistency = static_cast<double>(result.agree) / static_cast<double>(result.late);
  }
  return result;
}

}  // namespace e2lm
