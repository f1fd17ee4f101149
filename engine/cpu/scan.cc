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

// Neighbouring columns of one head, at most kGroupVectors vectors of them: they share dt, decay, B
// and C, and their slice of the state, [N, vectors · kLanes], stays in the cache while all rows of
// the wave pass.
constexpr int kGroupVectors = 2;

struct Group {
  int64_t head;
  int64_t first;    // column within the inner width E
  int64_t columns;  // the last vector may be partial
  int64_t b, c;     // columns of B and C in xbc

  int64_t vectors() const { return (columns + kLanes - 1) / kLanes; }
  int64_t width() const { return vectors() * kLanes; }
};

// For rows r to r + kRows - 1, one after the other: S ← decay·S + (dt·x)·B, out = Sᵀ·C + skip·x.
// Every vector of the state passes through the rows while it is in a register, and every element of
// B and C through the vectors. The sum over n goes in order, however many rows there are.
template <class Floats, int kVectors, int kRows>
E2LM_INLINE inline void scan_rows(const ScanRows& scan, const Group& group, float skip, int64_t r,
                                  float* state) {
  Floats dtx[kRows][kVectors], sums[kRows][kVectors];
  float decay[kRows];
  const float *b[kRows], *c[kRows];
  const auto lanes = [&](int v)
                         E2LM_INLINE { return std::min(kLanes, group.columns - v * kLanes); };
  for (int t = 0; t < kRows; ++t) {
    const float* row = scan.xbc.data + (r + t) * scan.xbc.stride;
    const float* time = scan.times + ((r + t) * scan.heads + group.head) * 2;
    decay[t] = time[1];
    b[t] = row + group.b;
    c[t] = row + group.c;
    for (int v = 0; v < kVectors; ++v) {
      dtx[t][v] = load<Floats>(row + group.first + v * kLanes, lanes(v)) * time[0];
      sums[t][v] = Floats{};
    }
  }
  const int64_t size = scan.size;  // in a register: the stores below could change scan
  for (int64_t n = 0; n < size; ++n) {
    float* at = state + n * kVectors * kLanes;
    Floats s[kVectors];
    for (int v = 0; v < kVectors; ++v) s[v] = load<Floats>(at + v * kLanes);
    for (int t = 0; t < kRows; ++t) {
      const float bn = b[t][n], cn = c[t][n];
      for (int v = 0; v < kVectors; ++v) {
        s[v] = dtx[t][v] * bn + s[v] * decay[t];
        sums[t][v] = sums[t][v] + s[v] * cn;
      }
    }
    for (int v = 0; v < kVectors; ++v) store(at + v * kLanes, s[v]);
  }
  // x is read again rather than held: the loop above has use for every register.
  for (int t = 0; t < kRows; ++t) {
    const float* x = scan.xbc.data + (r + t) * scan.xbc.stride + group.first;
    float* out = scan.out.data + (r + t) * scan.out.stride + group.first;
    for (int v = 0; v < kVectors; ++v) {
      const Floats skipped = load<Floats>(x + v * kLanes, lanes(v)) * skip;
      store(out + v * kLanes, sums[t][v] + skipped, lanes(v));
    }
  }
}

// Rows [r, end), kRows at a time and the rest fewer.
template <class Floats, int kVectors, int kRows>
E2LM_INLINE inline void scan_range(const ScanRows& scan, const Group& group, float skip, int64_t r,
                                   int64_t end, float* state) {
  for (; r + kRows <= end; r += kRows) {
    scan_rows<Floats, kVectors, kRows>(scan, group, skip, r, state);
  }
  if constexpr (kRows > 1) {
    scan_range<Floats, kVectors, kRows / 2>(scan, group, skip, r, end, state);
  }
}

template <int kVectors>
void scan_segment(Isa isa, const ScanRows& scan, const Group& group, float skip,
                  const Segment& segment, float* state) {
  dispatch(isa, [&]<class Floats>(Floats) E2LM_INLINE {
    constexpr int kRows = std::max(1, kAccumulators<Floats> / 2 / kVectors);
    scan_range<Floats, kVectors, kRows>(scan, group, skip, segment.first_row,
                                        segment.first_row + segment.rows, state);
  });
}

// Kept states hold the group's columns only, [N, columns].
void load_state(const float* kept, const Group& group, int64_t size, float* state) {
  for (int64_t n = 0; n < size; ++n) {
    std::copy_n(kept + n * group.columns, group.columns, state + n * group.width());
  }
}

void keep_state(const float* state, const Group& group, int64_t size, float* kept) {
  for (int64_t n = 0; n < size; ++n) {
    std::copy_n(state + n * group.width(), group.columns, kept + n * group.columns);
  }
}

}  // namespace

void CpuBackend::scan(const Wave& wave, int64_t layer, const MambaWeights& weights,
                      ProductRows convolved, Rows dt_in, Rows out, const ScanGate* gate) {
  const int64_t heads = shape_.mamba_heads;
  time_steps_.resize(wave.rows() * heads * 2);
  for_each_row(threads_, isa_, wave.rows(), [&](auto, int64_t r) {
    for (int64_t m = 0; m < heads; ++m) {
      const float raw = softplus(dt_in.data[r * dt_in.stride + m] + weights.dt_bias.data()[m]);
      const float dt = std::clamp(raw, weights.dt_min, weights.dt_max);
      const float rate = dt * weights.decay_rate.data()[m];
      float* to = time_steps_.data() + (r * heads + m) * 2;
      to[0] = dt;
      to[1] = amx_ ? rate : std::exp(rate);
    }
  });
  const ScanRows rows = {floats(convolved),  out,   gate,
                         time_steps_.data(), heads, shape_.state_size};
  if (amx_) {
    scan_chunks(wave, layer, weights, rows);
  } else {
    scan_states(wave, layer, weights, rows);
  }
}

void CpuBackend::scan_chunks(const Wave& wave, int64_t layer, const MambaWeights& weights,
                             const ScanRows& rows) {
  const AmxScan::Layer of_layer = {layer, weights.skip.data(), &kept_};
  parallel_for(threads_, std::ssize(amx_scans_), 1,
               [&](int64_t piece, int64_t) { amx_scans_[piece].run(wave, rows, of_layer); });
}

void CpuBackend::scan_states(const Wave& wave, int64_t layer, const MambaWeights& weights,
                             const ScanRows& rows) {
  const int64_t heads = shape_.mamba_heads, size = shape_.state_size;
  std::vector<Group> groups;
  const int64_t b = shape_.inner_width(), c = b + shape_.groups * size;
  const int64_t widest = kGroupVectors * kLanes;
  for (int64_t m = 0; m < heads; ++m) {
    const int64_t shared = m / (heads / shape_.groups);
    for (int64_t first = 0; first < shape_.mamba_width; first += widest) {
      groups.push_back({m, m * shape_.mamba_width + first,
                        std::min(widest, shape_.mamba_width - first), b + shared * size,
                        c + shared * size});
    }
  }
  constexpr decltype(&scan_segment<1>) kScans[kGroupVectors] = {scan_segment<1>, scan_segment<2>};

  parallel_for(threads_, std::ssize(groups), 1, [&](int64_t piece, int64_t) {
    const Group& group = groups[piece];
    const auto scan_piece = kScans[group.vectors() - 1];
    const float skip = weights.skip.data()[group.head];
    const int64_t slice = size * group.width();
    std::vector<float> current(slice), waiting(slice * wave.branch_stack);
    const auto kept = [&](int32_t slot) { return kept_.scan(slot, layer) + group.first * size; };
    for (int32_t s = 0; s < std::ssize(wave.segments); ++s) {
      const Segment& segment = wave.segments[s];
      if (segment.source >= 0) {
        load_state(kept(segment.source), group, size, current.data());
      } else if (segment.parent < 0) {
        std::fill(current.begin(), current.end(), 0.0F);
      } else if (segment.parent != s - 1) {
        const int32_t branch = wave.segments[segment.parent].branch;
        std::copy_n(waiting.data() + branch * slice, slice, current.data());
      }
      scan_piece(isa_, rows, group, skip, segment, current.data());
      if (segment.branch >= 0) {
        std::copy_n(current.data(), slice, waiting.data() + segment.branch * slice);
      }
      if (segment.keep_state) keep_state(current.data(), group, size, kept(segment.keep));
    }
  });
}

}  // namespace e2lm::cpu
