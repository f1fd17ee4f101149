#pragma once

#include <functional>

#include "engine/cpu/operand_rows.h"
#include "engine/cpu/packed_matrix.h"

namespace e2lm::cpu {

// One tile's result as it leaves the product: acc [kTileRows, panel.outputs] of rows
// [first_row, first_row + rows) of x. Scale and bias are not applied yet.
struct ProductTile {
  const PackedMatrix::Panel& panel;
  int64_t panel_index;
  int64_t first_row;
  int64_t rows;
  const float* acc;
};

// Multiplies x [rows, inputs], dense and whole tiles, by the matrix and hands every tile to `use`,
// on several threads. Each (tile, panel) comes exactly once.
void for_each_tile(int threads, Isa isa, int64_t rows, OperandRows x, const PackedMatrix& matrix,
                   const std::function<void(const ProductTile&)>& use);

}  // namespace e2lm::cpu
