#pragma once

#include <Eigen/Core>
#include <cstdint>
#include <vector>

#include "scoring/curves/item_values.h"

// Sums over the rows (checkpoints of all series) of a matrix of items' values, for item analysis
// alone: the one header here that shows Eigen.

namespace e2lm {

using ItemMatrix = std::vector<const ItemValues*>;  // a series each, all with as many items

using ItemMask = Eigen::Array<bool, Eigen::Dynamic, 1>;

Eigen::ArrayXd row_of(const ItemValues& values, int64_t checkpoint);  // [items]

// Over the checkpoints of each series for which wanted(checkpoint, checkpoints). [items]
Eigen::ArrayXd mean_rows(const ItemMatrix& matrix, bool (*wanted)(int64_t, int64_t));

// Whether a sum of squares around a mean is more than rounding. [items]
ItemMask varies(const Eigen::ArrayXd& square, const Eigen::ArrayXd& mean, int64_t rows);

// Each item against time (the checkpoint's number), both less their means within the series, by
// least squares.
struct ItemTrend {
  Eigen::ArrayXd r;                // [items] correlation with time; NaN where a side is constant
  Eigen::ArrayXd autocorrelation;  // [items] of what the trend leaves, lag 1, in [0, 0.99]
  int64_t rows = 0;
};

ItemTrend trend_of(const ItemMatrix& matrix);

}  // namespace e2lm
