#include <algorithm>

#include "engine/cpu/cpu_backend.h"
#include "engine/cpu/for_each_row.h"
#include "engine/cpu/norm.h"
#include "engine/cpu/simd.h"

namespace e2lm::cpu {
namespace {

// out = scale · y ⊙ SiLU(z)
template <class Floats>
E2LM_INLINE inline void gate_row(const float* y, const float* z, float scale, int64_t width,
                                 float* out) {
  for (int64_t i = 0; i < width; i += kLanes) {
    const int64_t count = std::min(kLanes, width - i);
    store(out + i, load<Floats>(y + i, count) * silu(load<Floats>(z + i, count)) * scale, count);
  }
}

template <class Floats>
E2LM_INLINE inline void norm_groups(const float* x, const float* weight, float eps, int64_t groups,
                                    int64_t group_width, float* out) {
  for (int64_t g = 0; g < groups; ++g) {
    const int64_t at = g * group_width;
    const float factor = inverse_rms<Floats>(x + at, group_width, eps);
    normalize<Floats>(x + at, weight + at, factor, group_width, out + at);
  }
}

}  // namespace

void CpuBackend::gate(const Wave& wave, const MambaWeights& weights, Rows y, Rows z, float scale,
                      ProductRows product_rows) {
  const Rows out = floats(product_rows);
  const float* norm = weights.norm_weight.size() > 0 ? weights.norm_weight.data() : nullptr;
  const int64_t groups = shape_.groups, group_width = y.width / groups;
  const float eps = weights.norm_eps;
  for_each_row(threads_, isa_, wave.rows(), [&]<class Floats>(Floats, int64_t r) E2LM_INLINE {
    const float* from = y.data + r * y.stride;
    const float* by = z.data + r * z.stride;
    float* to = out.data + r * out.stride;
    if (!norm) {
      gate_row<Floats>(from, by, scale, y.width, to);
    } else if (weights.norm_before_gate) {
      norm_groups<Floats>(from, norm, eps, groups, group_width, to);
      gate_row<Floats>(to, by, scale, y.width, to);
    } else {
      gate_row<Floats>(from, by, 1.0F, y.width, to);
      norm_groups<Floats>(to, norm, eps, groups, group_width, to);
      for (int64_t i = 0; i < y.width; ++i) to[i] *= scale;
    }
  });
}

void CpuBackend::mlp_gate(const Wave& wave, Rows gate_up, ProductRows product_rows) {
  const Rows out = floats(product_rows);
  for_each_row(threads_, isa_, wave.rows(), [&]<class Floats>(Floats, int64_t r) E2LM_INLINE {
    const float* gate = gate_up.data + r * gate_up.stride;
    gate_row<Floats>(gate + out.width, gate, 1.0F, out.width, out.data + r * out.stride);
  });
}

}  // namespace e2lm::cpu
