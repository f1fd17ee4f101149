#include <algorithm>
#include <cmath>
#include <vector>

#include "engine/cpu/cpu_backend.h"
#include "engine/cpu/for_each_row.h"
#include "engine/cpu/simd.h"

namespace e2lm::cpu {
namespace {

constexpr float kSoftplusLinear = 20.0F;  // above this softplus(x) is x, as in torch

float softplus(float x) {
  return x > kSoftplusLinear ? x : std::log1p(std::exp(x));
}

// Up to kLanes neighbouring columns of one head: they share dt, decay, B and C, and their slice of
// the state, [N, kLanes], stays in the cache while all rows of the wave pass.
struct Lane {
  int64_t head;
  int64_t first;  // column within the inner width E
  int64_t count;
  int64_t b, c;  // columns of B and C in xbc
};

// S ← decay·S + (dt·x)·B, returns Sᵀ·C. Four partial sums hide the latency of the additions; they
// are joined in a fixed order.
E2LM_INLINE inline Floats step(float* state, int64_t size, float decay, Floats dtx, const float* b,
                               const float* c) {
  Floats sums[4] = {};
  int64_t n = 0;
  for (; n + 4 <= size; n += 4) {
    for (int64_t i = 0; i < 4; ++i) {
      const Floats s = load(state + (n + i) * kLanes) * decay + dtx * b[n + i];
      store(state + (n + i) * kLanes, s);
      sums[i] += s * c[n + i];
    }
  }
  for (; n < size; ++n) {
    const Floats s = load(state + n * kLanes) * decay + dtx * b[n];
    store(state + n * kLanes, s);
    sums[0] += s * c[n];
  }
  return (sums[0] + sums[1]) + (sums[2] + sums[3]);
}

// Kept states hold the lane's columns only, [N, count].
void load_state(const float* kept, const Lane& lane, int64_t size, float* state) {
  for (int64_t n = 0; n < size; ++n) {
    std::copy_n(kept + n * lane.count, lane.count, state + n * kLanes);
  }
}

void keep_state(const float* state, const Lane& lane, int64_t size, float* kept) {
  for (int64_t n = 0; n < size; ++n) {
    std::copy_n(state + n * kLanes, lane.count, kept + n * lane.count);
  }
}

}  // namespace

void CpuBackend::scan(const Wave& wave, int64_t layer, const MambaWeights& weights, Rows xbc,
                      Rows dt_in, Rows out) {
  const int64_t heads = shape_.mamba_heads, size = shape_.state_size;
  time_steps_.resize(wave.rows() * heads * 2);
  for_each_row(threads_, isa_, wave.rows(), [&](int64_t r) {
    for (int64_t m = 0; m < heads; ++m) {
      const float raw = softplus(dt_in.data[r * dt_in.stride + m] + weights.dt_bias.data()[m]);
      const float dt = std::clamp(raw, weights.dt_min, weights.dt_max);
      float* to = time_steps_.data() + (r * heads + m) * 2;
      to[0] = dt;
      to[1] = std::exp(dt * weights.decay_rate.data()[m]);
    }
  });

  std::vector<Lane> lanes;
  const int64_t b = shape_.inner_width(), c = b + shape_.groups * size;
  for (int64_t m = 0; m < heads; ++m) {
    const int64_t group = m / (heads / shape_.groups);
    for (int64_t first = 0; first < shape_.mamba_width; first += kLanes) {
      lanes.push_back({m, m * shape_.mamba_width + first,
                       std::min(kLanes, shape_.mamba_width - first), b + group * size,
                       c + group * size});
    }
  }

  parallel_for(threads_, std::ssize(lanes), 1, [&](int64_t piece, int64_t) {
    const Lane& lane = lanes[piece];
    const int64_t slice = size * kLanes;
    std::vector<float> current(slice), waiting(slice * wave.branch_stack);
    const auto kept = [&](int32_t slot) { return kept_.scan(slot, layer) + lane.first * size; };
    for (int32_t s = 0; s < std::ssize(wave.segments); ++s) {
      const Segment& segment = wave.segments[s];
      if (segment.source >= 0) {
        load_state(kept(segment.source), lane, size, current.data());
      } else if (segment.parent < 0) {
        std::fill(current.begin(), current.end(), 0.0F);
      } else if (segment.parent != s - 1) {
        const int32_t branch = wave.segments[segment.parent].branch;
        std::copy_n(waiting.data() + branch * slice, slice, current.data());
      }
      dispatch(isa_, [&]() E2LM_INLINE {
        const float skip = weights.skip.data()[lane.head];
        for (int64_t r = segment.first_row; r < segment.first_row + segment.rows; ++r) {
          const float* row = xbc.data + r * xbc.stride;
          const float* time = time_steps_.data() + (r * heads + lane.head) * 2;
          const Floats x = load(row + lane.first, lane.count);
          const Floats y =
              step(current.data(), size, time[1], x * time[0], row + lane.b, row + lane.c);
          store(out.data + r * out.stride + lane.first, y + x * skip, lane.count);
        }
      });
      if (segment.branch >= 0) {
        std::copy_n(current.data(), slice, waiting.data() + segment.branch * slice);
      }
      if (segment.keep_state) keep_state(current.data(), lane, size, kept(segment.keep));
    }
  });
}

}  // namespace e2lm::cpu
