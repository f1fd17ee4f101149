#include <algorithm>
#include <vector>

#include "base/parallel.h"
#include "engine/cpu/cpu_backend.h"
#include "engine/cpu/simd.h"

namespace e2lm::cpu {
namespace {

// out = SiLU(bias + Σ_t taps[t] ⊙ weight[t]); a null tap is zero. weight is [W, C].
template <class Floats>
E2LM_INLINE inline void convolve_row(const float* const* taps, int64_t count_taps,
                                     const float* weight, const float* bias, int64_t channels,
                                     float* out) {
  for (int64_t c = 0; c < channels; c += kLanes) {
    const int64_t count = std::min(kLanes, channels - c);
    Floats sum = bias ? load<Floats>(bias + c, count) : Floats{};
    for (int64_t t = 0; t < count_taps; ++t) {
      if (taps[t])
        sum =
            sum + load<Floats>(taps[t] + c, count) * load<Floats>(weight + t * channels + c, count);
    }
    store(out + c, silu(sum), count);
  }
}

}  // namespace

void CpuBackend::convolve(const Wave& wave, int64_t layer, const MambaWeights& weights, Rows x,
                          ProductRows convolved) {
  const Rows out = floats(convolved);
  const int64_t taps = shape_.conv_taps, channels = x.width;
  const float* bias = weights.conv_bias.size() > 0 ? weights.conv_bias.data() : nullptr;
  // The row `back` before row i of a segment, wherever it lies; null before the text.
  const auto row_before = [&](int32_t s, int64_t i, int64_t back) -> const float* {
    if (back <= i) return x.data + (wave.segments[s].first_row + i - back) * x.stride;
    const PastRow past = kept_.past(s)[back - i - 1];
    if (past.index < 0) return nullptr;
    return past.slot < 0 ? x.data + past.index * x.stride
                         : kept_.conv(past.slot, layer, past.index);
  };
  parallel_for(threads_, std::ssize(blocks_), 1, [&](int64_t piece, int64_t) {
    const RowBlock& block = blocks_[piece];
    const Segment& segment = wave.segments[block.segment];
    std::vector<const float*> inputs(taps);
    dispatch(isa_, [&]<class Floats>(Floats) E2LM_INLINE {
      for (int64_t i = block.first; i < block.first + block.rows; ++i) {
        for (int64_t t = 0; t < taps; ++t) {
          inputs[t] = row_before(block.segment, i, taps - 1 - t);
        }
        convolve_row<Floats>(inputs.data(), taps, weights.conv_weight.data(), bias, channels,
                             out.data + (segment.first_row + i) * out.stride);
      }
    });
  });
  for (int32_t s = 0; s < std::ssize(wave.segments); ++s) {
    const Segment& segment = wave.segments[s];
    if (!segment.keep_state) continue;
    for (int64_t back = 0; back < taps - 1; ++back) {
      const float* row = row_before(s, segment.rows, back + 1);
      float* kept = kept_.conv(segment.keep, layer, back);
      if (row) std::copy_n(row, channels, kept);
    }
  }
}

}  // namespace e2lm::cpu
