#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "scoring/curves/curve.h"

namespace e2lm {

// Which order of two models is the right one.
//   final       that at the last late checkpoint
//   early_mean  that of their means over the early checkpoints
//   at_step     that at a given step
struct RankingReference {
  enum class Kind { final, early_mean, at_step };
  Kind kind = Kind::final;
  int64_t step = 0;  // of at_step

  std::string describe() const;
};

// How steadily two models keep their order.
struct RankingConsistency {
  int64_t agree = 0;  // late checkpoints with the reference order
  int64_t tied = 0;   // late checkpoints where both score the same; they do not agree
  int64_t late = 0;   // late checkpoints both curves have
  std::optional<double> consistency;      // agree / late; absent without late points or a reference
  std::optional<int64_t> reference_step;  // absent of means, and where it is not in both curves
};

// Two models whose order is watched: their common points are found once, for curves drawn often.
class RankedPair {
 public:
  RankedPair(const Curve& a, const Curve& b, const Grid& early, const Grid& late,
             const RankingReference& reference);

  // Ranking consistency as the competition's published figures have it: the share of late
  // checkpoints that keep the reference order. Only steps both curves have count. The reference is
  // absent when the two models are equal there, or when neither curve has the checkpoint.
  // REQUIRES: curves with the same points as those given first.
  RankingConsistency consistency(const Curve& a, const Curve& b) const;

 private:
  struct Common {
    int64_t a, b;  // indices of one step's points
  };

  std::vector<Common> late_;
  std::vector<Common> reference_;  // whose summed difference tells the order
  std::optional<int64_t> reference_step_;
};

}  // namespace e2lm
