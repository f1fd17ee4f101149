#pragma once

// Whether kernels can move four neighbouring values at once, from any column that is a multiple of
// four. Both ways give the same bits.

#include <cstdint>

#include "engine/cuda/kernels.h"

namespace e2lm::cuda {

inline bool in_fours(const float* values) {
  return reinterpret_cast<uintptr_t>(values) % (4 * sizeof(float)) == 0;
}

inline bool in_fours(const FloatRows& rows) {
  return rows.width % 4 == 0 && rows.stride % 4 == 0 && in_fours(rows.data) && in_fours(rows.scale);
}

inline bool in_fours(const OperandRows& rows) {
  const auto value_bytes = static_cast<uintptr_t>(element_bytes(rows.element));
  return rows.width % 4 == 0 && rows.stride % 4 == 0 &&
         reinterpret_cast<uintptr_t>(rows.data) % (4 * value_bytes) == 0;
}

}  // namespace e2lm::cuda
