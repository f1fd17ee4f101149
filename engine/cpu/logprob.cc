#include <algorithm>
#include <cmath>
#include <vector>

#include "engine/cpu/cpu_backend.h"
#include "engine/cpu/for_each_row.h"
#include "engine/cpu/norm.h"
#include "engine/cpu/simd.h"

namespace e2lm::cpu {
namespace {

// What a row's logits in one panel of the vocabulary come down to.
struct PanelSum {
  float highest;
  float sum;       // Σ exp(z - highest)
  int32_t argmax;  // first token with the highest logit
};

// Logits stay in the tile; z is scaled in place. Lanes beyond `count` are not looked at.
template <class Floats>
E2LM_INLINE inline PanelSum reduce_logits(const float* acc, const float* scale, int64_t first,
                                          int64_t count, float* z) {
  constexpr float kLowest = -std::numeric_limits<float>::infinity();
  Floats top = splat<Floats>(kLowest);
  for (int64_t j = 0; j < count; j += kLanes) {
    const int64_t lanes = std::min(kLanes, count - j);
    Floats value = load<Floats>(acc + j, lanes);
    if (scale) value = value * load<Floats>(scale + first + j, lanes);
    store(z + j, value, lanes);
    top = max(top, load<Floats>(z + j, lanes, kLowest));
  }
  PanelSum result{.highest = largest(top), .sum = 0, .argmax = 0};
  // A panel of nothing but -inf adds nothing to the others'; a NaN makes the row's sum NaN.
  const float base = std::max(result.highest, std::numeric_limits<float>::lowest());
  Floats total = {};
  for (int64_t j = 0; j < count; j += kLanes) {
    const int64_t lanes = std::min(kLanes, count - j);
    const Floats e = exp(load<Floats>(z + j, lanes) - base);
    total = total + first_lanes(e, lanes);
  }
  result.sum = sum(total);
  const float* at = std::find(z, z + count, result.highest);
  result.argmax = static_cast<int32_t>(first + (at - z));
  return result;
}

// log Σ exp over all panels, and the token with the highest logit.
struct RowSum {
  double log_sum_exp;
  int32_t argmax;
};

RowSum join_panels(std::span<const PanelSum> panels) {
  const PanelSum* best = &panels.front();
  for (const PanelSum& panel : panels) {
    if (panel.highest > best->highest) best = &panel;
  }
  double sum = 0;
  for (const PanelSum& panel : panels) {
    sum += panel.sum * std::exp(static_cast<double>(panel.highest) - best->highest);
  }
  return {best->highest + std::log(sum), best->argmax};
}

}  // namespace

int64_t CpuBackend::logprob_bytes_per_row() const {
  const int64_t panels = (widest_outputs_ + kPanelOutputs - 1) / kPanelOutputs;
  return widest_inputs_ * product_element_bytes() + panels * static_cast<int64_t>(sizeof(PanelSum));
}

void CpuBackend::logprobs(const Wave& wave, Rows hidden, const Array& norm_weight, float eps,
                          const Matrix& head, std::span<TargetScore> scores) {
  const int64_t rows = std::ssize(wave.scored_rows);
  if (rows == 0) return;
  const auto& matrix = static_cast<const PackedMatrix&>(head);
  const float* scale = matrix.scale.empty() ? nullptr : matrix.scale.data();
  const int64_t panels = std::ssize(matrix.panels);

  ProductArray normed = product_rows(rows, hidden.width);
  const OperandRows x = operands(normed.rows());
  for_each_row(threads_, isa_, rows, [&]<class Floats>(Floats, int64_t i) E2LM_INLINE {
    const float* row = hidden.data + wave.scored_rows[i].row * hidden.stride;
    normalize<Floats>(row, norm_weight.data(), inverse_rms<Floats>(row, hidden.width, eps),
                      hidden.width, [&](int64_t j, Floats values, int64_t count) E2LM_INLINE {
                        store_operands(x, i, j, values, count);
                      });
  });

  std::vector<PanelSum> sums(rows * panels);
  std::vector<float> target_logits(wave.targets.size());
  const int64_t first_target = wave.scored_rows.front().first_target;
  for_each_tile(threads_, isa_, rows, x, matrix, [&](const ProductTile& tile) {
    float z[kPanelOutputs];
    for (int64_t i = 0; i < tile.rows; ++i) {
      const int64_t row = tile.first_row + i;
      dispatch(isa_, [&]<class Floats>(Floats) E2LM_INLINE {
        sums[row * panels + tile.panel_index] = reduce_logits<Floats>(
            tile.acc + i * tile.panel.outputs, scale, tile.panel.first, tile.panel.outputs, z);
      });
      const Wave::ScoredRow& scored = wave.scored_rows[row];
      for (int64_t t = scored.first_target; t < scored.first_target + scored.targets; ++t) {
        const int64_t output = wave.targets[t - first_target] - tile.panel.first;
        if (output >= 0 && output < tile.panel.outputs) target_logits[t - first_target] = z[output];
      }
    }
  });

  for (int64_t row = 0; row < rows; ++row) {
    const RowSum sum = join_panels(std::span(sums).subspan(row * panels, panels));
    const Wave::ScoredRow& scored = wave.scored_rows[row];
    for (int64_t t = scored.first_target; t < scored.first_target + scored.targets; ++t) {
      const int64_t i = t - first_target;
      scores[i] = {target_logits[i] - sum.log_sum_exp, wave.targets[i] == sum.argmax};
    }
  }
}

}  // namespace e2lm::cpu
