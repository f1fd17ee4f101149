#pragma once

#include "engine/cpu/bfloat16.h"
#include "engine/cpu/operand.h"
#include "engine/cpu/simd.h"

namespace e2lm::cpu {

// ProductRows of the host.
struct OperandRows {
  std::byte* data = nullptr;
  int64_t stride = 0;  // elements
  int64_t width = 0;
  Operand operand = Operand::float32;

  int64_t row_bytes() const { return stride * operand_bytes(operand); }
};

// Elements [i, i + count) of row r = x, rounded as the operand asks. REQUIRES: count <= kLanes.
template <class Floats>
E2LM_INLINE inline void store_operands(const OperandRows& rows, int64_t r, int64_t i, Floats x,
                                       int64_t count) {
  const int64_t at = r * rows.stride + i;
  if (rows.operand == Operand::bfloat16) {
    store_bfloat16(reinterpret_cast<uint16_t*>(rows.data) + at, x, count);
  } else {
    if (rows.operand == Operand::rounded) x = nearest_bfloat16(x);
    store(reinterpret_cast<float*>(rows.data) + at, x, count);
  }
}

}  // namespace e2lm::cpu
