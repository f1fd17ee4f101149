#pragma once

#include <cstdint>
#include <vector>

#include "engine/cuda/records.h"
#include "engine/prefix_tree.h"

namespace e2lm::cuda {

// The pieces that the scan and the attention work on. A unit is a range of neighbouring rows of the
// tree that all descend from one row, its parent row: whole subtrees side by side, or a piece of a
// long run. Inside a unit the scan needs no states at all (see scan_outputs.cu), only the one after
// the parent row; so states exist at parent rows and nowhere else.
//
// Units follow from the tree alone, not from waves, and waves hold whole units: that is why scores
// do not depend on the memory limit.
struct Unit {
  int64_t first_row = 0;  // in the tree
  int32_t rows = 0;
  int64_t parent_row = -1;  // -1: before the text

  int64_t end() const { return first_row + rows; }
};

// All rows of the tree in units, in row order. Neighbouring subtrees of one parent share a unit
// while they fit; a subtree that is larger than a unit leaves its run in pieces and its children to
// units of their own.
std::vector<Unit> cut_units(const PrefixTree& tree, int32_t max_rows = kUnitRows);

}  // namespace e2lm::cuda
