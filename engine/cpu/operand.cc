#include "engine/cpu/operand.h"

#include <algorithm>

#include "engine/cpu/operand_rows.h"
#include "engine/cpu/simd.h"

namespace e2lm::cpu {

Operand choose_operand(Precision precision) {
  if (precision == Precision::float32) return Operand::float32;
  return has_bfloat16_products() ? Operand::bfloat16 : Operand::rounded;
}

int64_t operand_bytes(Operand operand) {
  return operand == Operand::bfloat16 ? sizeof(uint16_t) : sizeof(float);
}

void write_operands(Isa isa, Operand operand, const float* x, int64_t count, std::byte* out) {
  const OperandRows rows = {out, count, count, operand};
  dispatch(isa, [&]<class Floats>(Floats) E2LM_INLINE {
    for (int64_t i = 0; i < count; i += kLanes) {
      const int64_t lanes = std::min(kLanes, count - i);
      store_operands(rows, 0, i, load<Floats>(x + i, lanes), lanes);
    }
  });
}

}  // namespace e2lm::cpu
