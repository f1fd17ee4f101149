// Operations on rows that look at nothing but the row: embedding, norm, gates, bias.

#include "engine/cuda/alignment.h"
#include "engine/cuda/kernel.cuh"
#include "engine/cuda/kernels.h"

namespace e2lm::cuda {
namespace {

constexpr int kRowThreads = 128;  // four rows a block, a warp each
constexpr int kRowsPerBlock = kRowThreads / kWarp;
constexpr int kBlocksAtOnce = 4;  // of the norms: few enough to have registers for many loads

unsigned blocks_of_rows(int32_t rows) {
  return static_cast<unsigned>((rows + kRowsPerBlock - 1) / kRowsPerBlock);
}

__device__ inline int32_t row_of_warp() {
  return static_cast<int32_t>(blockIdx.x) * kRowsPerBlock +
         static_cast<int32_t>(threadIdx.x) / kWarp;
}

__device__ inline int32_t lane() {
  return static_cast<int32_t>(threadIdx.x) % kWarp;
}

// ---- embedding ----

template <class T>
__global__ void embed_rows(const int32_t* tokens, const T* table, float multiplier, int32_t rows,
                           FloatRows hidden) {
  const int32_t r = row_of_warp();
  if (r >= rows) return;
  const T* from = table + static_cast<int64_t>(tokens[r]) * hidden.width;
  float* to = hidden.data + r * hidden.stride;
  for (int32_t i = lane(); i < hidden.width; i += kWarp) to[i] = widen(from[i]) * multiplier;
}

// ---- norm ----

// Shared memory for the rows of a block, which are needed twice: all that a card works on at once
// do not fit its cache. None where they are too wide for the smallest card; these are read again.
size_t held_bytes(int32_t width) {
  constexpr size_t kMost = 64 << 10;
  const size_t bytes = kRowsPerBlock * sizeof(float) * width;
  return bytes <= kMost ? bytes : 0;
}

// The row of a warp, given by read(column). Each lane holds its own columns.
template <int kCount, class Read>
class TwiceRead {
 public:
  __device__ TwiceRead(bool held, int32_t width, const Read& read)
      : held_(held ? dynamic_shared<float>() + threadIdx.x / kWarp * width : nullptr),
        read_(read) {}

  // 1 / sqrt(mean(x²) + eps) of `width` columns from `first` on.
  __device__ float inverse_rms(int32_t first, int32_t width, float eps) const {
    float squares = 0;
#pragma unroll 4
    for (int32_t c = first + lane() * kCount; c < first + width; c += kWarp * kCount) {
      const Four x = read_(c);
      if (held_) store_some<kCount>(held_ + c, x);
      for (int i = 0; i < kCount; ++i) squares += x.v[i] * x.v[i];
    }
    return 1.0F / sqrtf(warp_sum(squares) / static_cast<float>(width) + eps);
  }

  // Columns that inverse_rms() has read.
  __device__ Four again(int32_t c) const {
    return held_ ? load_some<kCount>(held_ + c) : read_(c);
  }

 private:
  float* held_;
  const Read& read_;
};

template <class T, int kCount>
__global__ void __launch_bounds__(kRowThreads, kBlocksAtOnce)
    norm_rows(FloatRows x, const float* weight, float eps, int32_t rows, const ScoredRecord* scored,
              bool held, OperandRows out) {
  const int32_t r = row_of_warp();
  if (r >= rows) return;
  const float* from = x.data + (scored ? scored[r].row : r) * x.stride;
  T* to = static_cast<T*>(out.data) + r * out.stride;
  const auto read = [from](int32_t c) { return load_some<kCount>(from + c); };
  const TwiceRead<kCount, decltype(read)> row(held, x.width, read);
  const float factor = row.inverse_rms(0, x.width, eps);
  for (int32_t c = lane() * kCount; c < x.width; c += kWarp * kCount) {
    Four value = row.again(c);
    const Four by = load_some<kCount>(weight + c);
    for (int i = 0; i < kCount; ++i) value.v[i] = value.v[i] * factor * by.v[i];
    store_some<kCount>(to + c, value);
  }
}

// ---- bias ----

__global__ void finish_rows(const float* scale, const float* bias, FloatRows out) {
  float* row = out.data + blockIdx.x * out.stride;
  for (auto c = static_cast<int32_t>(threadIdx.x); c < out.width;
       c += static_cast<int32_t>(blockDim.x)) {
    row[c] = (scale ? row[c] * scale[c] : row[c]) + (bias ? bias[c] : 0.0F);
  }
}

// ---- gates ----

template <class T, int kCount>
__global__ void gate_mlp(FloatRows gate_up, OperandRows out) {
  const float* row = gate_up.data + blockIdx.x * gate_up.stride;
  T* to = static_cast<T*>(out.data) + blockIdx.x * out.stride;
  const float* up_scale = gate_up.scale ? gate_up.scale + out.width : nullptr;
  for (auto c = static_cast<int32_t>(threadIdx.x) * kCount; c < out.width;
       c += static_cast<int32_t>(blockDim.x) * kCount) {
    const Four by = load_scaled<kCount>(row, gate_up.scale, c);
    Four value = load_scaled<kCount>(row + out.width, up_scale, c);
    for (int i = 0; i < kCount; ++i) value.v[i] *= silu(by.v[i]);
    store_some<kCount>(to + c, value);
  }
}

// kNormFirst is known when it is compiled so that the loads of several columns go out at once.
template <class T, int kCount, bool kNormFirst>
__global__ void __launch_bounds__(kRowThreads, kBlocksAtOnce)
    gate_rows(GateRule rule, int32_t rows, FloatRows y, FloatRows z, bool held, OperandRows out) {
  const int32_t r = row_of_warp();
  if (r >= rows) return;
  const float* from = y.data + r * y.stride;
  const float* by = z.data + r * z.stride;
  T* to = static_cast<T*>(out.data) + r * out.stride;
  const auto gated = [&](int32_t c, Four value) {
    const Four gate = load_scaled<kCount>(by, z.scale, c);
    for (int i = 0; i < kCount; ++i) value.v[i] *= silu(gate.v[i]);
    return value;
  };
  const auto read = [&](int32_t c) {
    const Four value = load_scaled<kCount>(from, y.scale, c);
    return kNormFirst ? value : gated(c, value);
  };
  const TwiceRead<kCount, decltype(read)> row(held, y.width, read);
  const int32_t group_width = y.width / rule.groups;
  for (int32_t first = 0; first < y.width; first += group_width) {
    const float factor = row.inverse_rms(first, group_width, rule.eps);
    for (int32_t c = first + lane() * kCount; c < first + group_width; c += kWarp * kCount) {
      Four value = row.again(c);
      const Four weight = load_some<kCount>(rule.norm_weight + c);
      for (int i = 0; i < kCount; ++i) value.v[i] = value.v[i] * factor * weight.v[i];
      if (kNormFirst) value = gated(c, value);
      for (int i = 0; i < kCount; ++i) value.v[i] *= rule.scale;
      store_some<kCount>(to + c, value);
    }
  }
}

template <class T>
auto gate_kernel(bool fours, bool norm_first) {
  if (norm_first) return fours ? gate_rows<T, 4, true> : gate_rows<T, 1, true>;
  return fours ? gate_rows<T, 4, false> : gate_rows<T, 1, false>;
}

}  // namespace

void embed(const WaveRecords& wave, EmbedTable table, float multiplier, FloatRows hidden,
           Stream stream) {
  const Grid grid{blocks_of_rows(wave.rows)};
  if (table.element == Element::float32) {
    launch(embed_rows<float>, "embed", grid, kRowThreads, 0, stream, wave.tokens,
           static_cast<const float*>(table.data), multiplier, wave.rows, hidden);
  } else {
    launch(embed_rows<Bfloat16>, "embed", grid, kRowThreads, 0, stream, wave.tokens,
           static_cast<const Bfloat16*>(table.data), multiplier, wave.rows, hidden);
  }
}

void rms_norm(FloatRows x, const float* weight, float eps, int32_t rows, const ScoredRecord* scored,
              OperandRows out, Stream stream) {
  const bool fours = in_fours(x) && in_fours(out);
  const auto kernel = out.element == Element::float32
                          ? (fours ? norm_rows<float, 4> : norm_rows<float, 1>)
                          : (fours ? norm_rows<Bfloat16, 4> : norm_rows<Bfloat16, 1>);
  const size_t held = held_bytes(x.width);
  launch(kernel, "rms_norm", Grid{blocks_of_rows(rows)}, kRowThreads, held, stream, x, weight, eps,
         rows, scored, held > 0, out);
}

void scale_and_add_bias(int32_t rows, const float* scale, const float* bias, FloatRows out,
                        Stream stream) {
  launch(finish_rows, "bias", Grid{static_cast<unsigned>(rows)}, kRowThreads, 0, stream, scale,
         bias, out);
}

void mlp_gate(int32_t rows, FloatRows gate_up, OperandRows out, Stream stream) {
  const bool fours = in_fours(gate_up) && in_fours(out);
  const auto kernel = out.element == Element::float32
                          ? (fours ? gate_mlp<float, 4> : gate_mlp<float, 1>)
                          : (fours ? gate_mlp<Bfloat16, 4> : gate_mlp<Bfloat16, 1>);
  constexpr int kThreads = 256;
  launch(kernel, "mlp_gate", Grid{static_cast<unsigned>(rows)}, kThreads, 0, stream, gate_up, out);
}

void norm_gate(int32_t rows, const GateRule& rule, FloatRows y, FloatRows z, OperandRows out,
               Stream stream) {
  const bool fours = in_fours(y) && in_fours(z) && in_fours(out) && y.width / rule.groups % 4 == 0;
  const auto kernel = out.element == Element::float32
                          ? gate_kernel<float>(fours, rule.norm_before_gate)
                          : gate_kernel<Bfloat16>(fours, rule.norm_before_gate);
  const size_t held = held_bytes(y.width);
  launch(kernel, "gate", Grid{blocks_of_rows(rows)}, kRowThreads, held, stream, rule, rows, y, z,
         held > 0, out);
}

}  // namespace e2lm::cuda
