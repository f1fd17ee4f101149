// The causal convolution of the Mamba mixer and its gate, over paths of the prefix tree: which rows
// feed a row is in the wave's taps, so ragged texts, branches and earlier waves are all alike.

#include "engine/cuda/kernel.cuh"
#include "engine/cuda/kernels.h"

namespace e2lm::cuda {
namespace {

constexpr int kThreads = 128;

// Input channel c of a row named by a tap.
__device__ inline float input(const FloatRows& x, const float* kept, int32_t tap, int32_t c) {
  if (tap == kNoRow) return 0.0F;
  if (tap < kNoRow) return kept[static_cast<int64_t>(kept_index(tap)) * x.width + c];
  const float value = x.data[tap * x.stride + c];
  return x.scale ? value * x.scale[c] : value;
}

template <class T>
__global__ void convolve_rows(const int32_t* taps, ConvRule rule, FloatRows x, OperandRows out) {
  const auto r = static_cast<int32_t>(blockIdx.x);
  const auto c = static_cast<int32_t>(blockIdx.y * blockDim.x + threadIdx.x);
  if (c >= x.width) return;
  const int32_t before = rule.taps - 1;
  float sum = rule.bias ? rule.bias[c] : 0.0F;
  for (int32_t t = 0; t < before; ++t) {  // the farthest first, as on the host
    const int32_t tap = taps[static_cast<int64_t>(r) * before + before - 1 - t];
    sum += input(x, rule.kept, tap, c) * rule.weight[static_cast<int64_t>(t) * x.width + c];
  }
  sum += input(x, rule.kept, r, c) * rule.weight[static_cast<int64_t>(before) * x.width + c];
  static_cast<T*>(out.data)[r * out.stride + c] = narrow<T>(silu(sum));
}

__global__ void keep_inputs(const int32_t* tails, const int32_t* slots, ConvRule rule,
                            FloatRows x) {
  const int32_t before = rule.taps - 1;
  const auto job = static_cast<int32_t>(blockIdx.x), back = static_cast<int32_t>(blockIdx.y);
  const int32_t tap = tails[job * before + back];
  float* to = rule.kept + (static_cast<int64_t>(slots[job]) * before + back) * x.width;
  for (auto c = static_cast<int32_t>(threadIdx.x); c < x.width;
       c += static_cast<int32_t>(blockDim.x)) {
    to[c] = input(x, rule.kept, tap, c);
  }
}

}  // namespace

void convolve(const WaveRecords& wave, const ConvRule& rule, FloatRows x, OperandRows out,
              Stream stream) {
  const auto blocks = static_cast<unsigned>((x.width + kThreads - 1) / kThreads);
  const auto kernel =
      out.element == Element::float32 ? convolve_rows<float> : convolve_rows<Bfloat16>;
  launch(kernel, "convolve", Grid{static_cast<unsigned>(wave.rows), blocks}, kThreads, 0, stream,
         wave.taps, rule, x, out);
  const Grid kept{static_cast<unsigned>(wave.kept_tail_count),
                  static_cast<unsigned>(rule.taps - 1)};
  launch(keep_inputs, "convolve: keep", kept, kThreads, 0, stream, wave.kept_tails,
         wave.kept_tail_slots, rule, x);
}

}  // namespace e2lm::cuda
