#include <algorithm>
#include <vector>

#include "engine/cpu/cpu_backend.h"
#include "engine/cpu/for_each_row.h"
#include "engine/cpu/norm.h"
#include "engine/cpu/simd.h"

namespace e2lm::cpu {
namespace {

// put(i, values, count) for the elements from i on of y ⊙ SiLU(z)
template <class Floats, class Put>
E2LM_INLINE inline void gate_row(const float* y, const float* z, int64_t width, const Put& put) {
  for (int64_t i = 0; i < width; i += kLanes) {
    const int64_t count = std::min(kLanes, width - i);
    put(i, load<Floats>(y + i, count) * silu(load<Floats>(z + i, count)), count);
  }
}

// A norm over each group of columns.
struct GroupNorm {
  const float* weight;  // [E]
  float eps;
  int64_t groups;
  int64_t width;  // of a group

  // put(i, values, count) for the elements from i on of x, normed
  template <class Floats, class Put>
  E2LM_INLINE void apply(const float* x, const Put& put) const {
    for (int64_t at = 0; at < groups * width; at += width) {
      normalize<Floats>(x + at, weight + at, inverse_rms<Floats>(x + at, width, eps), width,
                        [&](int64_t i, Floats values, int64_t count)
                            E2LM_INLINE { put(at + i, values, count); });
    }
  }
};

}  // namespace

void CpuBackend::gated_scan(const Wave& wave, int64_t layer, const MambaWeights& weights,
                            const ScanInputs& inputs, Rows room, ProductRows out) {
  // Products leave y in registers that can go through the gate at once, unless a norm needs all of
  // it.
  if (has_amx_scan(shape_) && weights.norm_weight.size() == 0) {
    const ScanGate gate = {inputs.z, inputs.scale, operands(out)};
    return scan(wave, layer, weights, inputs.xbc, inputs.dt_in, {}, &gate);
  }
  scan(wave, layer, weights, inputs.xbc, inputs.dt_in, room);
  gate(wave, weights, room, inputs.z, inputs.scale, out);
}

void CpuBackend::gate(const Wave& wave, const MambaWeights& weights, Rows y, Rows z, float scale,
                      ProductRows product_rows) {
  const OperandRows out = operands(product_rows);
  const bool normed = weights.norm_weight.size() > 0;
  const GroupNorm norm = {normed ? weights.norm_weight.data() : nullptr, weights.norm_eps,
                          shape_.groups, y.width / shape_.groups};
  for_each_row(threads_, isa_, wave.rows(), [&]<class Floats>(Floats, int64_t r) E2LM_INLINE {
    const float* from = y.data + r * y.stride;
    const float* by = z.data + r * z.stride;
    const auto finish = [&](int64_t i, Floats values, int64_t count)
                            E2LM_INLINE { store_operands(out, r, i, values * scale, count); };
    if (!normed) return gate_row<Floats>(from, by, y.width, finish);
    static thread_local std::vector<float> between;  // the two steps; kept from row to row
    between.resize(y.width);
    const auto keep = [&](int64_t i, Floats values, int64_t count)
                          E2LM_INLINE { store(between.data() + i, values, count); };
    if (weights.norm_before_gate) {
      norm.apply<Floats>(from, keep);
      gate_row<Floats>(between.data(), by, y.width, finish);
    } else {
      gate_row<Floats>(from, by, y.width, keep);
      norm.apply<Floats>(between.data(), finish);
    }
  });
}

}  // namespace e2lm::cpu
