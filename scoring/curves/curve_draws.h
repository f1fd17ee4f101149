#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "scoring/curves/curve.h"
#include "scoring/curves/item_values.h"

namespace e2lm {

struct DrawOptions {
  int64_t draws = 1000;
  uint64_t seed = 1234;
  int threads = 1;  // nothing depends on it
};

// A series of a task, for drawing.
struct SeriesToDraw {
  const Curve& curve;
  const ItemValues& items;        // empty where only scores are known
  std::span<const int64_t> rows;  // of `items`, one per point of the curve
  double sign = 1;                // -1 where the curve is that of the negated values
  std::string_view name = {};     // its own normal draws go by it, wherever it stands
};

// What the draws of a series come from.
enum class DrawSource { none, items, standard_errors };

std::string_view draw_source_name(DrawSource source);  // "none", "items", "standard errors"

// Answers of the bundled series' models to the same items correlate by 0.1 to 0.4, and of one
// model at two checkpoints of a phase by 0.2 to 0.5, of larger models by more.
inline constexpr double kSharedByTask = 0.3, kSharedBySeries = 0.2;

// A task's curves as they might have come out, draw by draw: the ground of every interval.
//
// items            a bootstrap over items: draw d takes as many items as the task has, with
//                  repetition, and every series and checkpoint is scored on these. Answers of one
//                  model at two checkpoints, and of two models, go together, and so do their draws:
//                  what a task of other items of the same kind would have shown.
// standard_errors  normal with each checkpoint's standard error. How errors go together is not
//                  known there, so usual shares of their variance are taken: kSharedByTask is
//                  common to all, kSharedBySeries to a series' checkpoints. Independent errors
//                  would overstate the noise of differences between models and understate that of
//                  means over checkpoints.
// none             where a point has neither: the curve is the same in every draw.
//
// Draws come on top of the noise that the curves have already, so they are noisier than these, and
// what noise lowers, as signal quality, is lower in them: see Judgement for what is done about it.
class CurveDraws {
 public:
  CurveDraws(std::span<const SeriesToDraw> series, const DrawOptions& options);

  int64_t draws() const { return draws_; }
  bool any() const;  // whether any series has a source
  DrawSource source(int64_t series) const { return sources_[series]; }

  // A series' values in a draw, by point of its curve. REQUIRES: its source is not `none`.
  std::span<const double> values(int64_t draw, int64_t series) const {
    return std::span(values_).subspan(draw * width_ + first_[series],
                                      first_[series + 1] - first_[series]);
  }

 private:
  void draw_items(std::span<const SeriesToDraw> series, int64_t items, const DrawOptions& options);
  void draw_normal(const SeriesToDraw& series, int64_t index, const DrawOptions& options);

  int64_t draws_ = 0;
  int64_t width_ = 0;                // points of all series
  std::vector<int64_t> first_;       // [series + 1], the first point of each
  std::vector<DrawSource> sources_;  // [series]
  std::vector<double> values_;       // [draws, width]
};

// Means of columns over resampled items: draw d counts how often each of n items comes up in n
// choices, and weighs the items so. [draws, columns], row-major.
//
// The sums are taken in float32: exact for right and wrong answers (below 2^24 items), within
// about 1e-7 √n of the largest value otherwise. REQUIRES: columns of equal size, at least one item.
std::vector<float> bootstrap_means(std::span<const std::span<const float>> columns,
                                   const DrawOptions& options);

}  // namespace e2lm
