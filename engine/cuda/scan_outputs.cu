// The selective scan of Mamba-2 as products (Dao & Gu, arXiv:2405.21060, section 6), over paths of
// the prefix tree. With l[r] the logarithm of the decay from the beginning of r's unit to r,
//
//   y[r] = exp(l[r])·C[r]·S0 + Σ_s exp(l[r] - l[s])·dt[s]·(C[r]·B[s])·x[s] + D·x[r]
//
// where S0 is the state the unit begins with and s runs over the rows of the unit that r descends
// from, r included: s <= r < until[s]. A unit may hold any number of branches; nothing passes
// between its tiles but these sums, so all of them are computed at once.
//
// Differences of l are at most 0 for every pair that is summed; others are masked before the
// exponential, which would overflow.

#include <type_traits>

#include "engine/cuda/alignment.h"
#include "engine/cuda/kernel.cuh"
#include "engine/cuda/kernels.h"
#include "engine/cuda/scan_sums.cuh"
#include "engine/cuda/scan_tiles.cuh"

namespace e2lm::cuda {
namespace {

using scan_tile::kSlice;
using scan_tile::kThreads;
using scan_tile::ScanSums;
using scan_tile::SumsShared;
using scan_tile::thread;

// Everything the kernel reads that is the same for all blocks.
struct Operands {
  WaveRecords wave;
  ScanRule rule;
  OperandRows xbc;
  FloatRows z;  // for the gated kernel only
  float scale;  // likewise
  void* out;    // [R, E]
  int64_t out_stride;
};

// Floats from row to row of a head's sums on their way to memory. Pairs that half a warp stores at
// once lie in different banks.
constexpr int kStagedStride = kSlice + 8;

template <class T, bool kGated, bool kAligned>
__device__ inline void store_head(const Operands& o, const ScanSums<T, kAligned>& sums, int h,
                                  const float* staged) {
  constexpr int kCount = kAligned ? 4 : 1;
  const int head = sums.first_head() + h, rows = sums.tile().rows, columns = sums.columns();
  const int corner = head * o.rule.width + sums.first_column();
  const int64_t first = sums.tile().first_row;
  const float skip = o.rule.skip[head];
  using Out = std::conditional_t<kGated, T, float>;
  const T* x_at = static_cast<const T*>(o.xbc.data) + first * o.xbc.stride + corner;
  const float* z_at = kGated ? o.z.data + first * o.z.stride : nullptr;
  Four z_scale = {{1, 1, 1, 1}};
  const int column = piece_column<kSlice, kCount>();
  if (kGated && o.z.scale && column < columns) {
    z_scale = load_some<kCount>(o.z.scale + corner + column);
  }
  Out* to = static_cast<Out*>(o.out) + first * o.out_stride + corner;
  for_each_piece<kTileRows, kSlice, kCount, kThreads>([&](int own, int c) {
    if (own >= rows || c >= columns) return;
    Four y = load_some<kCount>(staged + own * kStagedStride + c);
    const Four x = load_some<kCount>(row_of(x_at, own, stride_bytes<T>(o.xbc.stride)) + c);
    for (int k = 0; k < kCount; ++k) y.v[k] += skip * x.v[k];
    if constexpr (kGated) {
      const float* z_row = row_of(z_at, own, stride_bytes<float>(o.z.stride));
      const Four z = load_some<kCount>(z_row + corner + c);
      for (int k = 0; k < kCount; ++k) y.v[k] *= silu(z.v[k] * z_scale.v[k]) * o.scale;
    }
    store_some<kCount>(to + own * o.out_stride + c, y);
  });
}

// The results pass through shared memory, so that rows of x, z and out are moved in whole pieces.
template <class T, bool kGated, bool kAligned>
__global__ void __launch_bounds__(kThreads, 3) output_tiles(Operands o) {
  auto& shared = *dynamic_shared<SumsShared<T>>();
  ScanSums<T, kAligned> sums(o.wave, o.rule, o.xbc, shared);
  sums.compute();
  auto* staged = reinterpret_cast<float*>(&shared.buffers);
  static_assert(sizeof(shared.buffers) >= kTileRows * kStagedStride * sizeof(float), "it is free");
#pragma unroll
  for (int h = 0; h < scan_tile::kHeadsPerBlock; ++h) {
    if (h >= sums.heads()) break;
    __syncthreads();  // what lay there has been used
    sums.give(h, [&](int row, int column, float left, float right) {
      store_aligned(staged + row * kStagedStride + column, float2{left, right});
    });
    __syncthreads();
    store_head<T, kGated>(o, sums, h, staged);
  }
}

template <class T, bool kGated>
void compute_as(const Operands& o, bool aligned, Stream stream) {
  const auto kernel = aligned ? output_tiles<T, kGated, true> : output_tiles<T, kGated, false>;
  launch(kernel, "scan", scan_tile::sums_grid(o.wave, o.rule), kThreads, sizeof(SumsShared<T>),
         stream, o);
}

template <bool kGated>
void compute(const Operands& o, bool in_fours, Stream stream) {
  const bool aligned = in_fours && scan_tile::in_sixteens(o.rule, o.xbc);
  o.xbc.element == Element::float32 ? compute_as<float, kGated>(o, aligned, stream)
                                    : compute_as<Bfloat16, kGated>(o, aligned, stream);
}

}  // namespace

void scan_outputs(const WaveRecords& wave, const ScanRule& rule, OperandRows xbc, FloatRows out,
                  Stream stream) {
  compute<false>({wave, rule, xbc, {}, 1, out.data, out.stride}, in_fours(out), stream);
}

void scan_gated_outputs(const WaveRecords& wave, const ScanRule& rule, OperandRows xbc, FloatRows z,
                        float scale, OperandRows out, Stream stream) {
  compute<true>({wave, rule, xbc, z, scale, out.data, out.stride}, in_fours(z) && in_fours(out),
                stream);
}

}  // namespace e2lm::cuda
