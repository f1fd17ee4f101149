// The scan's states after the rows that units begin below, as products (see scan_outputs.cu):
//
//   S = exp(l[e])·S0 + Σ_s exp(l[e] - l[s])·dt[s]·B[s] x[s]ᵀ          [N, X]
//
// over the rows s of e's unit that e descends from, e included.

#include "engine/cuda/kernel.cuh"
#include "engine/cuda/kernels.h"
#include "engine/cuda/scan_tiles.cuh"
#include "engine/cuda/warp_tile.cuh"

namespace e2lm::cuda {
namespace {

using scan_tile::in_sixteens;
using scan_tile::kSlice;
using scan_tile::kStride;
using scan_tile::kThreads;
using scan_tile::kWarpRows;
using scan_tile::send_tile;
using scan_tile::slices_of;
using scan_tile::state_at;
using scan_tile::thread;
using scan_tile::Tile;
using scan_tile::WeightedTile;

template <class T>
struct Shared {
  Tile<T> weighted;  // B of the summed rows, times their weights
  Tile<T> x;
  float weight[kTileRows];
};

// exp(l[e] - l[s])·dt[s] of head m, or 0 where e does not descend from s.
__device__ inline float weight_of(const WaveRecords& wave, const ScanRule& rule, int s, int e,
                                  int m, double here) {
  const int64_t at = static_cast<int64_t>(s) * rule.heads + m;
  const int until = wave.until[s];
  const float decay = static_cast<float>(here - rule.log_decay[at]), log2_dt = rule.log2_dt[at];
  return power_of_two(e < until ? decay * kLog2E + log2_dt : -INFINITY);
}

// One 64×64 slice of the state after a row: rows n on of head blockIdx.y.
template <class T, bool kAligned>
__global__ void __launch_bounds__(kThreads)
    state_slices(WaveRecords wave, ScanRule rule, OperandRows xbc, int32_t first_job) {
  Shared<T>& s = *dynamic_shared<Shared<T>>();
  const StateJob job = wave.jobs[first_job + static_cast<int>(blockIdx.x)];
  const UnitRecord unit = wave.units[job.unit];
  const int m = static_cast<int>(blockIdx.y), slices = slices_of(rule.width);
  const int n = static_cast<int>(blockIdx.z) / slices * kSlice;
  const int x = static_cast<int>(blockIdx.z) % slices * kSlice;
  const int inner = rule.heads * rule.width;
  const int b_column = inner + m / (rule.heads / rule.groups) * rule.state_size + n;
  const int b_columns = min(kSlice, rule.state_size - n), columns = min(kSlice, rule.width - x);
  const int warp_row = thread() / kWarp * kWarpRows;
  const double here = rule.log_decay[static_cast<int64_t>(job.row) * rule.heads + m];

  float sums[kSlice / 8][4] = {};
  for (int first = unit.first_row; first <= job.row; first += kTileRows) {
    const int rows = min(kTileRows, job.row + 1 - first);
    WeightedTile<kAligned, T> b;
    b.load(xbc, first, rows, b_column, b_columns);
    const float weight = weight_of(wave, rule, first + min(thread(), rows - 1), job.row, m, here);
    __syncthreads();  // what lies in shared memory has been used
    send_tile<kAligned>(s.x, xbc, first, rows, m * rule.width + x, columns);
    end_batch();
    if (thread() < kTileRows) s.weight[thread()] = thread() < rows ? weight : 0;
    __syncthreads();
    b.store(s.weighted, s.weight);
    wait_for_batches<0>();
    __syncthreads();
    multiply_transposed<kSlice>(sums, s.weighted + warp_row, kStride<T>, s.x, kStride<T>,
                                kTileRows);
  }

  const float* start = unit.start == kNoState ? nullptr : state_at(rule, unit.start, m);
  float* out = state_at(rule, job.out, m);
  const float decay = start ? expf(static_cast<float>(here)) : 0.0F;
  const LanePlace place = lane_place();
  constexpr int kCount = kAligned ? 2 : 1;  // neighbouring columns at once
#pragma unroll
  for (int j = 0; j < kSlice / 8; ++j) {
#pragma unroll
    for (int i = 0; i < 4; i += kCount) {
      const int row = n + warp_row + place.row + i / 2 * 8, c = x + 8 * j + place.column + i % 2;
      if (row >= rule.state_size || c >= rule.width) continue;
      const int64_t at = static_cast<int64_t>(row) * rule.width + c;
      if constexpr (kCount == 2) {
        const auto before = start ? load_aligned<float2>(start + at) : float2{0, 0};
        store_two(out + at, sums[j][i] + before.x * decay, sums[j][i + 1] + before.y * decay);
      } else {
        out[at] = sums[j][i] + (start ? start[at] : 0.0F) * decay;
      }
    }
  }
}

template <class T>
void compute(const WaveRecords& wave, const ScanRule& rule, const OperandRows& xbc,
             int32_t first_job, int32_t last_job, Stream stream) {
  const Grid grid{static_cast<unsigned>(last_job - first_job), static_cast<unsigned>(rule.heads),
                  static_cast<unsigned>(slices_of(rule.state_size) * slices_of(rule.width))};
  const auto kernel = in_sixteens(rule, xbc) ? state_slices<T, true> : state_slices<T, false>;
  launch(kernel, "scan: states", grid, kThreads, sizeof(Shared<T>), stream, wave, rule, xbc,
         first_job);
}

}  // namespace

void scan_states(const WaveRecords& wave, const ScanRule& rule, OperandRows xbc, int32_t first_job,
                 int32_t last_job, Stream stream) {
  xbc.element == Element::float32 ? compute<float>(wave, rule, xbc, first_job, last_job, stream)
                                  : compute<Bfloat16>(wave, rule, xbc, first_job, last_job, stream);
}

}  // namespace e2lm::cuda
