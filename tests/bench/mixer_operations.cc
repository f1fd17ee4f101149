#include <algorithm>
#include <cmath>
#include <limits>

#include "tests/bench/operations.h"

namespace e2lm::operations {
namespace {

void attention(benchmark::State& state) {
  Bench bench(Operand::float32);
  Array q = bench.rows(kQueries), k = bench.rows(kKeys), v = bench.rows(kKeys);
  Array out = bench.backend.activations(kRows, kQueries);
  const double pairs = kRows * (kRows + 1) / 2.0 * kHeads;
  measure(
      state, {.flops = pairs * 4 * kHeadWidth, .bytes = kFloat * kRows * 2 * (kQueries + kKeys)},
      [&] {
        bench.backend.attend(bench.wave, 0, q.rows(kQueries), k.rows(kKeys), v.rows(kKeys), 1,
                             operand(out, kQueries));
      },
      [&] {
        return relative_error(out.rows(kQueries), [&](int64_t r) {
          Vector row(kQueries);
          for (int64_t h = 0; h < kHeads; ++h) {
            const int64_t column = h / (kHeads / kKvHeads) * kHeadWidth;
            Vector weights(r + 1);
            double total = 0;
            for (int64_t t = 0; t <= r; ++t) {
              double dot = 0;
              for (int64_t i = 0; i < kHeadWidth; ++i) {
                dot += double{q.data()[r * kQueries + h * kHeadWidth + i]} *
                       k.data()[t * kKeys + column + i];
              }
              total += weights[t] = std::exp(dot / std::sqrt(double{kHeadWidth}));
            }
            for (int64_t t = 0; t <= r; ++t) {
              for (int64_t i = 0; i < kHeadWidth; ++i) {
                row[h * kHeadWidth + i] += weights[t] / total * v.data()[t * kKeys + column + i];
              }
            }
          }
          return row;
        });
      });
}

void rope(benchmark::State& state) {
  Bench bench(Operand::float32);
  Array heads = bench.rows(kQueries);
  const std::vector<float> before(heads.data(), heads.data() + kRows * kQueries);
  bool turned = false;
  double error = 0;
  measure(
      state,
      {.flops = 3.0 * kRows * kQueries,
       .bytes = kFloat * 2 * kRows * kQueries,
       .tolerance = 5e-5},  // the angle itself is a float32
      [&] {
        bench.backend.rope(bench.wave, heads.rows(kQueries));
        if (turned) return;
        turned = true;  // later runs turn it further
        error = relative_error(heads.rows(kQueries), [&](int64_t r) {
          Vector row(kQueries);
          for (int64_t i = 0; i < kQueries; ++i) {
            const int64_t c = i % kHeadWidth, half = kHeadWidth / 2, pair = c % half;
            const double angle =
                static_cast<double>(r) * std::pow(shape().rope.theta, -2.0 * pair / kHeadWidth);
            const float* head = before.data() + r * kQueries + i - c;
            row[i] = c < half ? head[pair] * std::cos(angle) - head[pair + half] * std::sin(angle)
                              : head[pair + half] * std::cos(angle) + head[pair] * std::sin(angle);
          }
          return row;
        });
      },
      [&] { return error; });
}

MambaWeights mamba_weights(Bench& bench) {
  MambaWeights weights;
  weights.conv_weight = bench.backend.array(random_values(kTaps * kChannels, 0, 0.5F));
  weights.conv_bias = bench.backend.array(random_values(kChannels, 0, 0.1F));
  weights.decay_rate = bench.backend.array(random_values(kMambaHeads, -2, 0.5F));
  weights.skip = bench.backend.array(random_values(kMambaHeads, 1, 0.1F));
  weights.dt_bias = bench.backend.array(random_values(kMambaHeads, -2, 0.5F));
  weights.dt_max = std::numeric_limits<float>::infinity();
  return weights;
}

void convolve(benchmark::State& state) {
  Bench bench(Operand::float32);
  const MambaWeights weights = mamba_weights(bench);
  Array x = bench.rows(kChannels), out = bench.backend.activations(kRows, kChannels);
  measure(
      state, {.flops = 2.0 * kTaps * kRows * kChannels, .bytes = kFloat * 2 * kRows * kChannels},
      [&] {
        bench.backend.convolve(bench.wave, 0, weights, x.rows(kChannels), operand(out, kChannels));
      },
      [&] {
        return relative_error(out.rows(kChannels), [&](int64_t r) {
          Vector row(kChannels);
          for (int64_t c = 0; c < kChannels; ++c) {
            double sum = weights.conv_bias.data()[c];
            for (int64_t t = std::max<int64_t>(0, kTaps - 1 - r); t < kTaps; ++t) {
              sum += double{weights.conv_weight.data()[t * kChannels + c]} *
                     x.data()[(r - kTaps + 1 + t) * kChannels + c];
            }
            row[c] = silu(sum);
          }
          return row;
        });
      });
}

void scan(benchmark::State& state) {
  Bench bench(Operand::float32);
  const MambaWeights weights = mamba_weights(bench);
  Array xbc = bench.rows(kChannels, 0.5F), dt = bench.rows(kMambaHeads);
  Array out = bench.backend.activations(kRows, kInner);
  measure(
      state,
      {.flops = 5.0 * kRows * kInner * kState, .bytes = kFloat * kRows * (kChannels + kInner)},
      [&] {
        bench.backend.scan(bench.wave, 0, weights, operand(xbc, kChannels), dt.rows(kMambaHeads),
                           out.rows(kInner));
      },
      [&] {
        Vector s(kInner * kState), all(kRows * kInner);
        for (int64_t r = 0; r < kRows; ++r) {
          const float* row = xbc.data() + r * kChannels;
          for (int64_t e = 0; e < kInner; ++e) {
            const int64_t m = e / kMambaWidth;
            const double step = std::log1p(
                std::exp(double{dt.data()[r * kMambaHeads + m]} + weights.dt_bias.data()[m]));
            const double decay = std::exp(step * weights.decay_rate.data()[m]);
            double y = double{weights.skip.data()[m]} * row[e];
            for (int64_t n = 0; n < kState; ++n) {
              double& value = s[e * kState + n];
              value = value * decay + step * row[e] * row[kInner + n];
              y += value * row[kInner + kState + n];
            }
            all[r * kInner + e] = y;
          }
        }
        return relative_error(out.rows(kInner), [&](int64_t r) {
          return Vector(all.begin() + r * kInner, all.begin() + (r + 1) * kInner);
        });
      });
}

void gate(benchmark::State& state) {
  Bench bench(Operand::float32);
  const MambaWeights weights;
  Array y = bench.rows(kInner), z = bench.rows(kInner),
        out = bench.backend.activations(kRows, kInner);
  measure(
      state, {.flops = 2.0 * kRows * kInner, .bytes = kFloat * 3 * kRows * kInner},
      [&] {
        bench.backend.gate(bench.wave, weights, y.rows(kInner), z.rows(kInner), 0.5F,
                           operand(out, kInner));
      },
      [&] {
        return relative_error(out.rows(kInner), [&](int64_t r) {
          Vector row(kInner);
          for (int64_t i = 0; i < kInner; ++i) {
            row[i] = 0.5 * y.data()[r * kInner + i] * silu(z.data()[r * kInner + i]);
          }
          return row;
        });
      });
}

// out = SiLU(x·Wᵀ's first half) ⊙ its second half.

}  // namespace

void add_mixer_operations() {
  add("rope", rope);
  add("attention", attention);
  add("convolve", convolve);
  add("scan", scan);
  add("gate", gate);
}

}  // namespace e2lm::operations
