#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "scoring/curves/curve.h"
#include "scoring/curves/ranking.h"

namespace e2lm {

// The scores of m models at the checkpoints that all of them have, and at the reference they are to
// be ranked by.
class GroupScores {
 public:
  // Finds the common checkpoints of the members' curves and the reference among them: for `final`
  // the last one on the late grid, or the last of all where none is; for `early_mean` those on the
  // early grid. REQUIRES: curves by step; `members` are indices into them.
  GroupScores(std::span<const Curve> curves, std::vector<int64_t> members, const Grid& early,
              const Grid& late, const RankingReference& reference);

  const std::vector<int64_t>& members() const { return members_; }
  const std::vector<CurvePoint>& checkpoints() const {
    return checkpoints_;
  }  // of the first member
  bool has_reference() const { return !reference_.empty(); }

  // Of curves with the same points as those given first: [models].
  std::vector<double> scores(std::span<const Curve> curves, int64_t checkpoint) const;
  std::vector<double> reference(std::span<const Curve> curves) const;  // REQUIRES: has_reference()

 private:
  std::vector<int64_t> members_;
  std::vector<CurvePoint> checkpoints_;
  std::vector<std::vector<int64_t>> points_;  // [members, checkpoints], indices into their curves
  std::vector<int64_t> reference_;            // checkpoints whose mean it is
};

}  // namespace e2lm
