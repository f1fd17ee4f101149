// The selective scan of Mamba-2 as products (Dao & Gu, arXiv:2405.21060, section 6), over paths of
// the prefix tree. With l[r] the logarithm of the decay from the beginning of r's unit to r,
//
//   y[r] = exp(l[r])·C[r]·S0 + Σ_s exp(l[r] - l[s])·dt[s]·(C[r]·B[s])·x[s] + D·x[r]
//
// where S0 is the state the unit begins with and s runs over the rows of the unit that r descends
// from, r included: s <= r < until[s]. A unit may hold any number of branches; nothing passes
// between its tiles but these sums, so all of them are computed at once. The state after row e is
//
//   S = exp(l[e])·S0 + Σ_s exp(l[e] - l[s])·dt[s]·B[s] x[s]ᵀ          [N, X], the same s
//
// Differences of l are at most 0 for every pair that is summed; others are masked before the
// exponential, which would overflow.

#include "engine/cuda/kernel.cuh"
#include "engine/cuda/kernels.h"
#include "engine/cuda/scan_tiles.cuh"
#include "engine/cuda/warp_tile.cuh"

namespace e2lm::cuda {
namespace {

using scan_tile::kStride;
using scan_tile::load_state;
using scan_tile::load_tile;
using scan_tile::load_weighted;
using scan_tile::thread;

constexpr int kWarpRows = 16;
constexpr int kThreads = scan_tile::kThreads;
constexpr int kSlice = scan_tile::kSlice;
constexpr int kHeadsPerBlock = 2;         // that share C·Bᵀ
constexpr float kSoftplusLinear = 20.0F;  // above this softplus(x) is x, as in torch

__device__ inline float softplus(float x) {
  return x > kSoftplusLinear ? x : log1pf(expf(x));
}

__device__ inline const float* state_at(const ScanRule& rule, StateRef ref, int head) {
  const int64_t size = static_cast<int64_t>(rule.state_size) * rule.width;
  const float* base = ref >= 0 ? rule.layer_states : rule.kept_states;
  const int64_t entry = ref >= 0 ? ref : kept_index(ref);
  return base + (entry * rule.heads + head) * size;
}

// ---- time steps ----

__global__ void step_times(WaveRecords wave, ScanRule rule, FloatRows dt_in) {
  const UnitRecord unit = wave.units[blockIdx.x];
  const int count = unit.rows * rule.heads;
  for (int i = thread(); i < count; i += static_cast<int>(blockDim.x)) {
    const int64_t row = unit.first_row + i / rule.heads;
    const int m = i % rule.heads;
    const float raw = dt_in.data[row * dt_in.stride + m] * (dt_in.scale ? dt_in.scale[m] : 1.0F);
    const float dt = softplus(raw + rule.dt_bias[m]);
    rule.dt[row * rule.heads + m] = fminf(fmaxf(dt, rule.dt_min), rule.dt_max);
  }
  __syncthreads();
  for (int m = thread(); m < rule.heads; m += static_cast<int>(blockDim.x)) {
    const double rate = rule.decay_rate[m];
    double last = 0;  // of the row just done, which most often is the one before on the path
    for (int r = unit.first_row; r < unit.first_row + unit.rows; ++r) {
      const int before = wave.parent[r];
      if (before != r - 1) {
        last = before < 0 ? 0 : rule.log_decay[static_cast<int64_t>(before) * rule.heads + m];
      }
      const int64_t at = static_cast<int64_t>(r) * rule.heads + m;
      last += rule.dt[at] * rate;
      rule.log_decay[at] = last;
    }
  }
}

// ---- outputs ----

template <class T>
struct OutputShared {
  T a[kTileRows * kStride<T>];  // C of the tile, then each warp's weights
  T b[kTileRows * kStride<T>];  // B, then x, of the rows that are summed; before, the state
  float decay_here[kHeadsPerBlock][kTileRows];   // l of the tile's rows, from its first row's
  float decay_there[kHeadsPerBlock][kTileRows];  // l of the summed rows, likewise
  float dt[kHeadsPerBlock][kTileRows];
  int until[kTileRows];
};

template <class T>
class TileOutputs {
 public:
  __device__ TileOutputs(const WaveRecords& wave, const ScanRule& rule, const OperandRows& xbc,
                         const FloatRows& out, bool sixteens, OutputShared<T>& shared)
      : wave_(wave),
        rule_(rule),
        xbc_(xbc),
        out_(out),
        sixteens_(sixteens),
        s_(shared),
        tile_(wave.tiles[blockIdx.x]),
        unit_(wave.units[tile_.unit]),
        warp_row_(thread() / kWarp * kWarpRows),
        place_(lane_place()) {
    const int slices = (rule.width + kSlice - 1) / kSlice;
    const int group_heads = rule.heads / rule.groups;
    const int blocks_per_group = (group_heads + kHeadsPerBlock - 1) / kHeadsPerBlock;
    const int block = static_cast<int>(blockIdx.y) / slices;
    x_ = static_cast<int>(blockIdx.y) % slices * kSlice;
    columns_ = min(kSlice, rule.width - x_);
    group_ = block / blocks_per_group;
    head_ = group_ * group_heads + block % blocks_per_group * kHeadsPerBlock;
    heads_ = min(kHeadsPerBlock, (group_ + 1) * group_heads - head_);
    b_column_ = rule.heads * rule.width + group_ * rule.state_size;
    c_column_ = b_column_ + rule.groups * rule.state_size;
  }

  __device__ void run() {
    load_decays(s_.decay_here, tile_.first_row, tile_.rows);
    if (unit_.start != kNoState) add_start();
    for (int first = unit_.first_row; first <= tile_.first_row; first += kTileRows) add_rows(first);
    store();
  }

 private:
  // l of rows relative to that of the tile's first row: the differences taken later are small, so
  // float32 holds them.
  __device__ void load_decays(float (&to)[kHeadsPerBlock][kTileRows], int first, int rows) {
    for (int i = thread(); i < kHeadsPerBlock * kTileRows; i += kThreads) {
      const int h = i / kTileRows, row = i % kTileRows;
      if (h >= heads_) continue;
      const int m = head_ + h;
      const double base = rule_.log_decay[static_cast<int64_t>(tile_.first_row) * rule_.heads + m];
      to[h][row] =
          row < rows
              ? static_cast<float>(
                    rule_.log_decay[static_cast<int64_t>(first + row) * rule_.heads + m] - base)
              : 0.0F;
    }
  }

  // sums = exp(l)·C·S0
  __device__ void add_start() {
    for (int n = 0; n < rule_.state_size; n += kSlice) {
#pragma unroll
      for (int h = 0; h < kHeadsPerBlock; ++h) {
        if (h >= heads_) break;
        __syncthreads();
        if (h == 0) {
          load_tile<T>(s_.a, xbc_, tile_.first_row, tile_.rows, c_column_ + n,
                       min(kSlice, rule_.state_size - n), sixteens_);
        }
        const float* state = state_at(rule_, unit_.start, head_ + h);
        sixteens_ ? load_state<T, 4>(s_.b, state, rule_, n, x_)
                  : load_state<T, 1>(s_.b, state, rule_, n, x_);
        __syncthreads();
        multiply_by_columns<kSlice>(sums_[h], s_.a + warp_row_ * kStride<T>, kStride<T>, s_.b,
                                    kStride<T>, kSlice);
      }
    }
#pragma unroll
    for (int h = 0; h < kHeadsPerBlock; ++h) {
      if (h >= heads_) break;
      const int64_t first = static_cast<int64_t>(tile_.first_row) * rule_.heads + head_ + h;
#pragma unroll
      for (int half = 0; half < 2; ++half) {
        const int row = warp_row_ + place_.row + 8 * half;
        if (row >= tile_.rows) continue;
        const float decay = expf(
            static_cast<float>(rule_.log_decay[first + static_cast<int64_t>(row) * rule_.heads]));
#pragma unroll
        for (int j = 0; j < kSlice / 8; ++j) {
          sums_[h][j][2 * half] *= decay;
          sums_[h][j][2 * half + 1] *= decay;
        }
      }
    }
  }

  // sums += Σ_s over the tile of rows from `first` on.
  __device__ void add_rows(int first) {
    const int rows = min(kTileRows, unit_.first_row + unit_.rows - first);
    float products[kSlice / 8][4] = {};  // C·Bᵀ [16 of the tile, 64 summed rows]
    for (int n = 0; n < rule_.state_size; n += kSlice) {
      const int columns = min(kSlice, rule_.state_size - n);
      __syncthreads();
      load_tile<T>(s_.a, xbc_, tile_.first_row, tile_.rows, c_column_ + n, columns, sixteens_);
      load_tile<T>(s_.b, xbc_, first, rows, b_column_ + n, columns, sixteens_);
      __syncthreads();
      multiply_by_rows<kSlice>(products, s_.a + warp_row_ * kStride<T>, kStride<T>, s_.b,
                               kStride<T>, kSlice);
    }
    __syncthreads();
    load_decays(s_.decay_there, first, rows);
    load_steps(first, rows);
#pragma unroll
    for (int h = 0; h < kHeadsPerBlock; ++h) {
      if (h >= heads_) break;
      __syncthreads();
      load_tile<T>(s_.b, xbc_, first, rows, (head_ + h) * rule_.width + x_, columns_, sixteens_);
      __syncthreads();
      weigh(products, first, h);
      multiply_by_columns<kSlice>(sums_[h], s_.a + warp_row_ * kStride<T>, kStride<T>, s_.b,
                                  kStride<T>, kSlice);
      __syncwarp();  // the weights have been read before the next head's are written
    }
  }

  __device__ void load_steps(int first, int rows) {
    for (int i = thread(); i < kHeadsPerBlock * kTileRows; i += kThreads) {
      const int h = i / kTileRows, row = i % kTileRows;
      if (h < heads_) {
        s_.dt[h][row] =
            row < rows ? rule_.dt[static_cast<int64_t>(first + row) * rule_.heads + head_ + h] : 0;
      }
      if (h == 0) s_.until[row] = row < rows ? wave_.until[first + row] : 0;
    }
  }

  // The warp's weights: exp(l[r] - l[s])·dt[s]·(C[r]·B[s]) where r descends from s, else 0.
  __device__ void weigh(const float (&products)[kSlice / 8][4], int first, int h) {
#pragma unroll
    for (int j = 0; j < kSlice / 8; ++j) {
#pragma unroll
      for (int i = 0; i < 4; ++i) {
        const int own = warp_row_ + place_.row + i / 2 * 8, s = 8 * j + place_.column + i % 2;
        const int row = tile_.first_row + own;
        const bool below = first + s <= row && row < s_.until[s];
        const float weight =
            below ? products[j][i] * s_.dt[h][s] *
                        expf(fminf(s_.decay_here[h][own] - s_.decay_there[h][s], 0.0F))
                  : 0.0F;
        s_.a[own * kStride<T> + s] = narrow<T>(weight);
      }
    }
    __syncwarp();  // a warp reads what its own lanes wrote
  }

  __device__ void store() {
    const T* x = static_cast<const T*>(xbc_.data);
#pragma unroll
    for (int h = 0; h < kHeadsPerBlock; ++h) {
      if (h >= heads_) break;
      const float skip = rule_.skip[head_ + h];
#pragma unroll
      for (int j = 0; j < kSlice / 8; ++j) {
#pragma unroll
        for (int i = 0; i < 4; ++i) {
          const int own = warp_row_ + place_.row + i / 2 * 8, c = 8 * j + place_.column + i % 2;
          if (own >= tile_.rows || c >= columns_) continue;
          const int64_t row = tile_.first_row + own;
          const int column = (head_ + h) * rule_.width + x_ + c;
          out_.data[row * out_.stride + column] =
              sums_[h][j][i] + skip * widen(x[row * xbc_.stride + column]);
        }
      }
    }
  }

  const WaveRecords& wave_;
  const ScanRule& rule_;
  const OperandRows& xbc_;
  const FloatRows& out_;
  const bool sixteens_;
  OutputShared<T>& s_;
  const TileRecord tile_;
  const UnitRecord unit_;
  const int warp_row_;
  const LanePlace place_;
  int x_, columns_;           // of each head: the slice [x_, x_ + columns_)
  int group_, head_, heads_;  // heads [head_, head_ + heads_), of one group
  int b_column_, c_column_;   // of the group, in xbc
  float sums_[kHeadsPerBlock][kSlice / 8][4] = {};
};

template <class T>
__global__ void __launch_bounds__(kThreads, 3)
    output_tiles(WaveRecords wave, ScanRule rule, OperandRows xbc, FloatRows out, bool sixteens) {
  TileOutputs<T>(wave, rule, xbc, out, sixteens, *dynamic_shared<OutputShared<T>>()).run();
}

// ---- states ----

template <class T>
struct StateShared {
  T weighted[kTileRows * kStride<T>];  // B of the summed rows, times their weights
  T x[kTileRows * kStride<T>];
  float weight[kTileRows];
};

// One 64×64 slice of the state after a row: rows n_ on of head blockIdx.y.
template <class T>
__global__ void __launch_bounds__(kThreads)
    state_slices(WaveRecords wave, ScanRule rule, OperandRows xbc, int32_t first_job,
                 bool sixteens) {
  StateShared<T>& s = *dynamic_shared<StateShared<T>>();
  const StateJob job = wave.jobs[first_job + static_cast<int>(blockIdx.x)];
  const UnitRecord unit = wave.units[job.unit];
  const int m = static_cast<int>(blockIdx.y), slices = (rule.width + kSlice - 1) / kSlice;
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
    __syncthreads();
    if (thread() < kTileRows) {
      const int row = first + thread();
      const bool above = thread() < rows && job.row < wave.until[row];
      const int64_t at = static_cast<int64_t>(row) * rule.heads + m;
      s.weight[thread()] =
          above ? expf(static_cast<float>(fmin(here - rule.log_decay[at], 0.0))) * rule.dt[at] : 0;
    }
    load_tile<T>(s.x, xbc, first, rows, m * rule.width + x, columns, sixteens);
    __syncthreads();
    sixteens ? load_weighted<T, 4>(s.weighted, xbc, first, rows, b_column, b_columns, s.weight)
             : load_weighted<T, 1>(s.weighted, xbc, first, rows, b_column, b_columns, s.weight);
    __syncthreads();
    multiply_transposed<kSlice>(sums, s.weighted + warp_row, kStride<T>, s.x, kStride<T>,
                                kTileRows);
  }

  const float* start = unit.start == kNoState ? nullptr : state_at(rule, unit.start, m);
  auto* out = const_cast<float*>(state_at(rule, job.out, m));
  const float decay = expf(static_cast<float>(here));
  const LanePlace place = lane_place();
#pragma unroll
  for (int j = 0; j < kSlice / 8; ++j) {
#pragma unroll
    for (int i = 0; i < 4; ++i) {
      const int row = n + warp_row + place.row + i / 2 * 8, c = x + 8 * j + place.column + i % 2;
      if (row >= rule.state_size || c >= rule.width) continue;
      const int64_t at = static_cast<int64_t>(row) * rule.width + c;
      out[at] = sums[j][i] + (start ? start[at] * decay : 0.0F);
    }
  }
}

int slices_of(int width) {
  return (width + kSlice - 1) / kSlice;
}

}  // namespace

void time_steps(const WaveRecords& wave, const ScanRule& rule, FloatRows dt_in, Stream stream) {
  constexpr int kStepThreads = 256;
  launch(step_times, "scan: time steps", Grid{static_cast<unsigned>(wave.unit_count)}, kStepThreads,
         0, stream, wave, rule, dt_in);
}

void scan_states(const WaveRecords& wave, const ScanRule& rule, OperandRows xbc, int32_t first_job,
                 int32_t last_job, Stream stream) {
  const Grid grid{static_cast<unsigned>(last_job - first_job), static_cast<unsigned>(rule.heads),
                  static_cast<unsigned>(slices_of(rule.state_size) * slices_of(rule.width))};
  const bool sixteens = scan_tile::in_sixteens(rule, xbc);
  if (xbc.element == Element::float32) {
    launch(state_slices<float>, "scan: states", grid, kThreads, sizeof(StateShared<float>), stream,
           wave, rule, xbc, first_job, sixteens);
  } else {
    launch(state_slices<Bfloat16>, "scan: states", grid, kThreads, sizeof(StateShared<Bfloat16>),
           stream, wave, rule, xbc, first_job, sixteens);
  }
}

void scan_outputs(const WaveRecords& wave, const ScanRule& rule, OperandRows xbc, FloatRows out,
                  Stream stream) {
  const int group_heads = rule.heads / rule.groups;
  const int blocks = (group_heads + kHeadsPerBlock - 1) / kHeadsPerBlock * rule.groups;
  const Grid grid{static_cast<unsigned>(wave.tile_count),
                  static_cast<unsigned>(blocks * slices_of(rule.width))};
  const bool sixteens = scan_tile::in_sixteens(rule, xbc);
  if (xbc.element == Element::float32) {
    launch(output_tiles<float>, "scan", grid, kThreads, sizeof(OutputShared<float>), stream, wave,
           rule, xbc, out, sixteens);
  } else {
    launch(output_tiles<Bfloat16>, "scan", grid, kThreads, sizeof(OutputShared<Bfloat16>), stream,
           wave, rule, xbc, out, sixteens);
  }
}

}  // namespace e2lm::cuda
