#include "scoring/curves/ranking.h"

#include <fmt/format.h>

namespace e2lm {

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

RankedPair::RankedPair(const Curve& a, const Curve& b, const Grid& early, const Grid& late,
                       const RankingReference& reference) {
  using Kind = RankingReference::Kind;
  for (int64_t i = 0, j = 0; i < std::ssize(a); ++i) {
    while (j < std::ssize(b) && b[j].step < a[i].step) ++j;
    if (j == std::ssize(b) || b[j].step != a[i].step) continue;
    const auto both = [&](const Grid& grid) { return grid.contains(a[i]) && grid.contains(b[j]); };
    if (both(late)) late_.push_back({i, j});
    const bool counts = reference.kind == Kind::early_mean
                            ? both(early)
                            : reference.kind == Kind::at_step && a[i].step == reference.step;
    if (counts) reference_.push_back({i, j});
  }
  if (reference.kind == Kind::final && !late_.empty()) reference_ = {late_.back()};
  if (reference.kind != Kind::early_mean && !reference_.empty()) {
    reference_step_ = a[reference_.front().a].step;
  }
}

RankingConsistency RankedPair::consistency(const Curve& a, const Curve& b) const {
  const auto difference = [&](const Common& at) { return a[at.a].value - b[at.b].value; };
  double sum = 0;
  for (const Common& at : reference_) sum += difference(at);
  int64_t above = 0, below = 0;  // counted without branches: those of noise are never foreseen
  for (const Common& at : late_) {
    above += difference(at) > 0;
    below += difference(at) < 0;
  }
  RankingConsistency result{.tied = std::ssize(late_) - above - below,
                            .late = std::ssize(late_),
                            .reference_step = reference_step_};
  if (sum > 0) result.agree = above;
  if (sum < 0) result.agree = below;
  if (sum != 0 && result.late > 0) {
    result.consistency = static_cast<double>(result.agree) / static_cast<double>(result.late);
  }
  return result;
}

}  // namespace e2lm
