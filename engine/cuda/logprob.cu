// The softmax over the vocabulary, reduced tile by tile while its logits are there: per scored row
// the highest logit, its token and Σ exp below it, and the logits of the row's targets.

#include "engine/cuda/kernel.cuh"
#include "engine/cuda/kernels.h"

namespace e2lm::cuda {
namespace {

constexpr int kThreads = 256;
constexpr int kWarps = kThreads / kWarp;

// A logit and the token it belongs to; of equal logits the first token counts.
struct Best {
  float logit;
  int32_t token;
};

__device__ inline Best better(Best a, Best b) {
  return b.logit > a.logit || (b.logit == a.logit && b.token < a.token) ? b : a;
}

__device__ inline Best best_of_warp(Best best) {
  for (int step = kWarp / 2; step > 0; step /= 2) {
    best = better(best, {__shfl_xor_sync(kAllLanes, best.logit, step),
                         __shfl_xor_sync(kAllLanes, best.token, step)});
  }
  return best;
}

struct Shared {
  Best best[kWarps];
  float sum[kWarps];
};

__device__ inline float logit(const LogitTile& tile, const float* row, int c) {
  return tile.scale ? row[c] * tile.scale[tile.first + c] : row[c];
}

// A thread's logits of a tile: kGroups groups of four neighbours, kThreads groups apart.
constexpr int kGroups = kMostLogitColumns / (4 * kThreads);
static_assert(kGroups * 4 * kThreads == kMostLogitColumns, "a block takes a tile at once");

// Scales a thread's logits; where there is no token, they are lower than any.
template <bool kScaled>
__device__ inline void finish_logits(Four (&logits)[kGroups], const LogitTile& tile, int thread) {
#pragma unroll
  for (int g = 0; g < kGroups; ++g) {
#pragma unroll
    for (int i = 0; i < 4; ++i) {
      const int c = 4 * (thread + g * kThreads) + i;
      if (c >= tile.columns) {
        logits[g].v[i] = -INFINITY;
      } else if (kScaled) {
        logits[g].v[i] *= tile.scale[tile.first + c];
      }
    }
  }
}

// One row a block, whose logits pass through registers once. Every thread goes through its columns
// in the same order whatever the tile shares memory with, so a row's sum does not depend on other
// rows.
template <bool kScaled>
__global__ void __launch_bounds__(kThreads)
    take_tile(const ScoredRecord* scored, const int32_t* targets, LogitTile tile, int32_t first_row,
              RowSum* sums, float* target_logits) {
  Shared& s = *dynamic_shared<Shared>();
  const int row = first_row + static_cast<int>(blockIdx.x);
  const int thread = static_cast<int>(threadIdx.x), warp = thread / kWarp;
  const float* z = tile.data + blockIdx.x * tile.stride;

  Four logits[kGroups];
#pragma unroll
  for (int g = 0; g < kGroups; ++g) {
    const int first = 4 * (thread + g * kThreads);
    logits[g] = {{-INFINITY, -INFINITY, -INFINITY, -INFINITY}};
    if (first < tile.columns) logits[g] = load_four(z + first);
  }
  if (kScaled || tile.columns % 4 != 0) finish_logits<kScaled>(logits, tile, thread);
  Best best{-INFINITY, INT32_MAX};
#pragma unroll
  for (int g = 0; g < kGroups; ++g) {
#pragma unroll
    for (int i = 0; i < 4; ++i) {
      const float own = logits[g].v[i];
      if (own > best.logit) best = {own, tile.first + 4 * (thread + g * kThreads) + i};
    }
  }
  best = best_of_warp(best);
  if (thread % kWarp == 0) s.best[warp] = best;
  __syncthreads();
  best = s.best[0];
  for (int w = 1; w < kWarps; ++w) best = better(best, s.best[w]);

  float sum = 0;
#pragma unroll
  for (int g = 0; g < kGroups; ++g) {
    for (int i = 0; i < 4; ++i) sum += power_of_two((logits[g].v[i] - best.logit) * kLog2E);
  }
  sum = warp_sum(sum);
  if (thread % kWarp == 0) s.sum[warp] = sum;
  __syncthreads();

  const ScoredRecord record = scored[row];
  for (int t = record.first_target + thread; t < record.first_target + record.targets;
       t += kThreads) {
    const int c = targets[t] - tile.first;
    if (c >= 0 && c < tile.columns) target_logits[t] = logit(tile, z, c);
  }
  if (thread != 0) return;
  double total = 0;
  for (int w = 0; w < kWarps; ++w) total += s.sum[w];
  RowSum all = tile.first == 0 ? RowSum{0, -INFINITY, 0} : sums[row];
  if (best.logit > all.highest) {
    all.sum = all.sum * exp(static_cast<double>(all.highest) - best.logit) + total;
    all.highest = best.logit;
    all.argmax = best.token;
  } else {
    all.sum += total * exp(static_cast<double>(best.logit) - all.highest);
  }
  sums[row] = all;
}

__global__ void finish_rows(const ScoredRecord* scored, const int32_t* targets, int32_t rows,
                            const RowSum* sums, const float* target_logits, ScoreRecord* scores) {
  const auto row = static_cast<int32_t>(blockIdx.x * blockDim.x + threadIdx.x);
  if (row >= rows) return;
  const RowSum all = sums[row];
  const double log_sum = all.highest + log(all.sum);
  const ScoredRecord record = scored[row];
  for (int t = record.first_target; t < record.first_target + record.targets; ++t) {
    scores[t] = {target_logits[t] - log_sum, targets[t] == all.argmax, 0};
  }
}

}  // namespace

void take_logits(const WaveRecords& wave, const LogitTile& tile, int32_t first_row, int32_t rows,
                 RowSum* sums, float* target_logits, Stream stream) {
  launch(tile.scale ? take_tile<true> : take_tile<false>, "logprobs",
         Grid{static_cast<unsigned>(rows)}, kThreads, sizeof(Shared), stream, wave.scored,
         wave.targets, tile, first_row, sums, target_logits);
}

void finish_logprobs(const WaveRecords& wave, const RowSum* sums, const float* target_logits,
                     ScoreRecord* scores, Stream stream) {
  const auto blocks = static_cast<unsigned>((wave.scored_count + kThreads - 1) / kThreads);
  launch(finish_rows, "logprobs: finish", Grid{blocks}, kThreads, 0, stream, wave.scored,
         wave.targets, wave.scored_count, sums, target_logits, scores);
}

}  // namespace e2lm::cuda
