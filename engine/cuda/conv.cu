// The causal convolution of the Mamba mixer and its gate, over paths of the prefix tree: which rows
// feed a row is in the wave's taps, so ragged texts, branches and earlier waves are all alike.

#include "engine/cuda/alignment.h"
#include "engine/cuda/kernel.cuh"
#include "engine/cuda/kernels.h"

namespace e2lm::cuda {
namespace {

constexpr int kThreads = 128;
constexpr int kRun = 8;        // rows one after another that a thread computes
constexpr int kUsualTaps = 4;  // of every released model

// kCount neighbouring channels of the rows that feed a convolution.
template <int kCount>
class Inputs {
 public:
  __device__ Inputs(const FloatRows& x, const float* kept, int32_t column)
      : column_(column),
        x_(x.data),
        stride_(stride_bytes<float>(x.stride)),
        kept_(kept),
        kept_stride_(stride_bytes<float>(x.width)),
        scale_(x.scale ? load_some<kCount>(x.scale + column) : Four{{1, 1, 1, 1}}) {}

  // Of a row of the wave.
  __device__ Four row(int32_t r) const {
    Four value = load_some<kCount>(row_of(x_, r, stride_) + column_);
    for (int i = 0; i < kCount; ++i) value.v[i] *= scale_.v[i];
    return value;
  }

  // Of whatever row a tap names.
  __device__ Four at(int32_t tap) const {
    if (tap == kNoRow) return {};
    if (tap > kNoRow) return row(tap);
    return load_some<kCount>(row_of(kept_, kept_index(tap), kept_stride_) + column_);
  }

 private:
  int32_t column_;
  const float* x_;
  int stride_;
  const float* kept_;
  int kept_stride_;
  Four scale_;
};

template <int kCount>
__device__ inline void add_product(Four& sum, const Four& x, const float* weight) {
  const Four by = load_some<kCount>(weight);
  for (int i = 0; i < kCount; ++i) sum.v[i] += x.v[i] * by.v[i];
}

template <class T, int kCount>
__device__ inline void finish(const OperandRows& out, int32_t* spoiled, int32_t r, int32_t c,
                              Four sum) {
  bool finite = true;
  for (int i = 0; i < kCount; ++i) {
    sum.v[i] = silu(sum.v[i]);
    finite = finite && stays_finite<T>(sum.v[i]);
  }
  if (!finite) {
    sum = {};
    spoiled[r] = 1;
  }
  store_some<kCount>(static_cast<T*>(out.data) + r * out.stride + c, sum);
}

// Any number of taps: one row a block.
template <class T, int kCount>
__global__ void convolve_rows(const int32_t* taps, ConvRule rule, FloatRows x, OperandRows out,
                              int32_t* spoiled) {
  const auto r = static_cast<int32_t>(blockIdx.x);
  const auto c = static_cast<int32_t>(blockIdx.y * blockDim.x + threadIdx.x) * kCount;
  if (c >= x.width) return;
  const int32_t before = rule.taps - 1;
  const Inputs<kCount> inputs(x, rule.kept, c);
  Four sum = rule.bias ? load_some<kCount>(rule.bias + c) : Four{};
  for (int32_t t = 0; t < before; ++t) {  // the farthest first, as on the host
    const int32_t tap = taps[static_cast<int64_t>(r) * before + before - 1 - t];
    add_product<kCount>(sum, inputs.at(tap), rule.weight + static_cast<int64_t>(t) * x.width + c);
  }
  add_product<kCount>(sum, inputs.row(r), rule.weight + static_cast<int64_t>(before) * x.width + c);
  finish<T, kCount>(out, spoiled, r, c, sum);
}

// Runs of rows with kTaps taps. Most rows are fed by those just before them, which a thread has in
// its registers already.
template <class T, int kCount, int kTaps>
__global__ void __launch_bounds__(kThreads)
    convolve_runs(int32_t rows, const int32_t* taps, ConvRule rule, FloatRows x, OperandRows out,
                  int32_t* spoiled) {
  const auto first = static_cast<int32_t>(blockIdx.x) * kRun;
  const auto c = static_cast<int32_t>(blockIdx.y * blockDim.x + threadIdx.x) * kCount;
  if (c >= x.width) return;
  const Inputs<kCount> inputs(x, rule.kept, c);
  // Read before anything is stored, so that all of it is on its way at once.
  Four own[kRun], weight[kTaps];
  int32_t tap[kRun][kTaps - 1];
#pragma unroll
  for (int i = 0; i < kRun; ++i) {
    const int32_t r = min(first + i, rows - 1);
    own[i] = inputs.row(r);
#pragma unroll
    for (int back = 1; back < kTaps; ++back) tap[i][back - 1] = taps[r * (kTaps - 1) + back - 1];
  }
#pragma unroll
  for (int t = 0; t < kTaps; ++t) {
    weight[t] = load_some<kCount>(rule.weight + static_cast<int64_t>(t) * x.width + c);
  }
  const Four bias = rule.bias ? load_some<kCount>(rule.bias + c) : Four{};
#pragma unroll
  for (int i = 0; i < kRun; ++i) {
    const int32_t r = first + i;
    if (r >= rows) return;
    Four sum = bias;
#pragma unroll
    for (int back = kTaps - 1; back > 0; --back) {  // the farthest first, as on the host
      const int32_t from = tap[i][back - 1];
      const bool near = back <= i && from == r - back;
      const Four value = near ? own[i >= back ? i - back : 0] : inputs.at(from);
      for (int k = 0; k < kCount; ++k) sum.v[k] += value.v[k] * weight[kTaps - 1 - back].v[k];
    }
    for (int k = 0; k < kCount; ++k) sum.v[k] += own[i].v[k] * weight[kTaps - 1].v[k];
    finish<T, kCount>(out, spoiled, r, c, sum);
  }
}

__global__ void keep_inputs(const int32_t* tails, const int32_t* slots, ConvRule rule,
                            FloatRows x) {
  const int32_t before = rule.taps - 1;
  const auto job = static_cast<int32_t>(blockIdx.x), back = static_cast<int32_t>(blockIdx.y);
  const int32_t tap = tails[job * before + back];
  float* to = rule.kept + (static_cast<int64_t>(slots[job]) * before + back) * x.width;
  for (auto c = static_cast<int32_t>(threadIdx.x); c < x.width;
       c += static_cast<int32_t>(blockDim.x)) {
    to[c] = Inputs<1>(x, rule.kept, c).at(tap).v[0];
  }
}

template <class T, int kCount>
void convolve_as(const WaveRecords& wave, const ConvRule& rule, FloatRows x, OperandRows out,
                 Stream stream) {
  const auto blocks = static_cast<unsigned>((x.width / kCount + kThreads - 1) / kThreads);
  if (rule.taps == kUsualTaps) {
    const auto runs = static_cast<unsigned>((wave.rows + kRun - 1) / kRun);
    launch(convolve_runs<T, kCount, kUsualTaps>, "convolve", Grid{runs, blocks}, kThreads, 0,
           stream, wave.rows, wave.taps, rule, x, out, wave.spoiled);
  } else {
    launch(convolve_rows<T, kCount>, "convolve", Grid{static_cast<unsigned>(wave.rows), blocks},
           kThreads, 0, stream, wave.taps, rule, x, out, wave.spoiled);
  }
}

}  // namespace

void convolve(const WaveRecords& wave, const ConvRule& rule, FloatRows x, OperandRows out,
              Stream stream) {
  const bool fours = in_fours(x) && in_fours(out) && in_fours(rule.weight) && in_fours(rule.bias) &&
                     in_fours(rule.kept);
  if (out.element == Element::float32) {
    fours ? convolve_as<float, 4>(wave, rule, x, out, stream)
          : convolve_as<float, 1>(wave, rule, x, out, stream);
  } else {
    fours ? convolve_as<Bfloat16, 4>(wave, rule, x, out, stream)
          : convolve_as<Bfloat16, 1>(wave, rule, x, out, stream);
  }
  const Grid kept{static_cast<unsigned>(wave.kept_tail_count),
                  static_cast<unsigned>(rule.taps - 1)};
  launch(keep_inputs, "convolve: keep", kept, kThreads, 0, stream, wave.kept_tails,
         wave.kept_tail_slots, rule, x);
}

}  // namespace e2lm::cuda
