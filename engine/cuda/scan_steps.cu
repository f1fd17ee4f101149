// The scan's time steps dt as log2(dt), and the logarithm of the decay from the beginning of each
// unit to each of its rows, along the paths of the prefix tree: in float64, because differences of
// them are taken over many rows.

#include "engine/cuda/kernel.cuh"
#include "engine/cuda/kernels.h"

namespace e2lm::cuda {
namespace {

constexpr int kThreads = 256;
constexpr int kWarps = kThreads / kWarp;
constexpr int kRead = 4;   // rows that a warp reads at once
constexpr int kAhead = 8;  // steps that are read before their turn
static_assert(kUnitRows % kAhead == 0, "there is room for all that is read");
static_assert(kUnitRows <= kThreads, "each thread brings the parent of a row");
constexpr float kSoftplusLinear = 20.0F;  // above this softplus(x) is x, as in torch

__device__ inline float softplus(float x) {
  return x > kSoftplusLinear ? x : log1pf(expf(x));
}

// A unit's steps of as many heads as a warp has lanes.
struct Shared {
  float dt[kUnitRows][kWarp];
  int32_t parent[kUnitRows];
};

__global__ void __launch_bounds__(kThreads)
    step_times(WaveRecords wave, ScanRule rule, FloatRows dt_in) {
  Shared& s = *dynamic_shared<Shared>();
  const UnitRecord unit = wave.units[blockIdx.x];
  const int head = static_cast<int>(blockIdx.y) * kWarp;
  const int m = head + static_cast<int>(threadIdx.x) % kWarp;
  const bool there = m < rule.heads;
  const int thread = static_cast<int>(threadIdx.x);
  if (thread < unit.rows) s.parent[thread] = wave.parent[unit.first_row + thread];
  const float scale = there && dt_in.scale ? dt_in.scale[m] : 1.0F;
  const float bias = there ? rule.dt_bias[m] : 0.0F;
  for (int first = thread / kWarp; first < unit.rows; first += kRead * kWarps) {
    float in[kRead];
    int32_t spoiled_before[kRead];
#pragma unroll
    for (int i = 0; i < kRead; ++i) {
      const int64_t row = unit.first_row + min(first + i * kWarps, unit.rows - 1);
      in[i] = there ? dt_in.data[row * dt_in.stride + m] : 0.0F;
      spoiled_before[i] = wave.spoiled[row];
    }
#pragma unroll
    for (int i = 0; i < kRead; ++i) {
      const int r = first + i * kWarps;
      if (r >= unit.rows || !there) break;
      const float raw = in[i] * scale, biased = raw + bias;
      const float dt = fminf(fmaxf(softplus(biased), rule.dt_min), rule.dt_max);  // of NaN, dt_min
      const bool is_number = stays_finite<float>(raw) && biased == biased;
      const bool spoiled = spoiled_before[i] != 0 || !is_number;
      const int64_t at = static_cast<int64_t>(unit.first_row + r) * rule.heads + m;
      rule.log2_dt[at] = spoiled ? NAN : log2f(dt);
      s.dt[r][m - head] = spoiled ? 0 : dt;
    }
  }
  __syncthreads();
  if (threadIdx.x >= kWarp || !there) return;
  const double rate = rule.decay_rate[m];
  double last = 0;  // of the row just done, which most often is the one before on the path
  for (int first = 0; first < unit.rows; first += kAhead) {
    int before[kAhead];
    float dt[kAhead];
#pragma unroll
    for (int i = 0; i < kAhead; ++i) {
      before[i] = s.parent[first + i];
      dt[i] = s.dt[first + i][m - head];
    }
#pragma unroll
    for (int i = 0; i < kAhead; ++i) {
      const int row = unit.first_row + first + i;
      if (first + i >= unit.rows) break;
      if (before[i] != row - 1) {
        last = before[i] < 0 ? 0 : rule.log_decay[static_cast<int64_t>(before[i]) * rule.heads + m];
      }
      last += dt[i] * rate;
      rule.log_decay[static_cast<int64_t>(row) * rule.heads + m] = last;
    }
  }
}

}  // namespace

void time_steps(const WaveRecords& wave, const ScanRule& rule, FloatRows dt_in, Stream stream) {
  const Grid grid{static_cast<unsigned>(wave.unit_count),
                  static_cast<unsigned>((rule.heads + kWarp - 1) / kWarp)};
  launch(step_times, "scan: time steps", grid, kThreads, sizeof(Shared), stream, wave, rule, dt_in);
}

}  // namespace e2lm::cuda
