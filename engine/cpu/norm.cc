#include <cmath>

#include "engine/cpu/cpu_backend.h"
#include "engine/cpu/for_each_row.h"
#include "engine/cpu/norm.h"

namespace e2lm::cpu {

void CpuBackend::rms_norm(const Wave& wave, Rows x, const Array& weight, float eps,
                          ProductRows product_rows) {
  const OperandRows out = operands(product_rows);
  for_each_row(threads_, isa_, wave.rows(), [&]<class Floats>(Floats, int64_t r) E2LM_INLINE {
    const float* row = x.data + r * x.stride;
    normalize<Floats>(row, weight.data(), inverse_rms<Floats>(row, x.width, eps), x.width,
                      [&](int64_t i, Floats values, int64_t count)
                          E2LM_INLINE { store_operands(out, r, i, values, count); });
  });
}

}  // namespace e2lm::cpu
