#include "scoring/curves/group_ranking.h"

#include <utility>

namespace e2lm {
namespace {

// Which common checkpoints the reference is the mean of.
std::vector<int64_t> reference_checkpoints(const std::vector<CurvePoint>& checkpoints,
                                           const Grid& early, const Grid& late,
                                           const RankingReference& reference) {
  using Kind = RankingReference::Kind;
  std::vector<int64_t> chosen;
  int64_t last_late = std::ssize(checkpoints) - 1;
  for (int64_t c = 0; c < std::ssize(checkpoints); ++c) {
    const CurvePoint& point = checkpoints[c];
    if (late.contains(point)) last_late = c;
    const bool counts = reference.kind == Kind::early_mean
                            ? early.contains(point)
                            : reference.kind == Kind::at_step && point.step == reference.step;
    if (counts) chosen.push_back(c);
  }
  if (reference.kind == Kind::final && last_late >= 0) chosen = {last_late};
  return chosen;
}

}  // namespace

GroupScores::GroupScores(std::span<const Curve> curves, std::vector<int64_t> members,
                         const Grid& early, const Grid& late, const RankingReference& reference)
    : members_(std::move(members)) {
  std::vector<Curve> of_members;
  for (const int64_t member : members_) of_members.push_back(curves[member]);
  const std::vector<int64_t> steps = common_steps(of_members);
  for (const Curve& curve : of_members) {
    std::vector<int64_t> points;
    for (int64_t p = 0; p < std::ssize(curve) && points.size() < steps.size(); ++p) {
      if (curve[p].step == steps[points.size()]) points.push_back(p);
    }
    points_.push_back(std::move(points));
  }
  if (!of_members.empty()) checkpoints_ = at_steps(of_members.front(), steps);
  reference_ = reference_checkpoints(checkpoints_, early, late, reference);
}

std::vector<double> GroupScores::scores(std::span<const Curve> curves, int64_t checkpoint) const {
  std::vector<double> result;
  for (size_t m = 0; m < members_.size(); ++m) {
    result.push_back(curves[members_[m]][points_[m][checkpoint]].value);
  }
  return result;
}

std::vector<double> GroupScores::reference(std::span<const Curve> curves) const {
  std::vector<double> sum(members_.size());
  for (const int64_t checkpoint : reference_) {
    const std::vector<double> at = scores(curves, checkpoint);
    for (size_t m = 0; m < sum.size(); ++m) sum[m] += at[m];
  }
  for (double& value : sum) value /= static_cast<double>(reference_.size());
  return sum;
}

}  // namespace e2lm
