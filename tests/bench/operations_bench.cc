// Every operation of the CPU engine at the geometry of Falcon-H1-0.5B, 512 rows, one thread:
// GFLOP/s and GB/s, and their share of what the processor gives (one large oneDNN product; a plain
// copy). Before an operation is timed, some rows of it are compared with float64 arithmetic.

#include <benchmark/benchmark.h>

#include <bit>
#include <cmath>
#include <cstring>
#include <functional>
#include <random>

#include "base/parallel.h"
#include "engine/cpu/cpu_backend.h"
#include "engine/schedule.h"
#include "tests/bench/limits.h"
#include "tests/support/scratch.h"

namespace e2lm {
namespace {

using cpu::CpuBackend;
using cpu::Operand;
using Vector = std::vector<double>;

constexpr int64_t kRows = 512, kWidth = 1024, kFeedForward = 2048, kVocabulary = 32784;
constexpr int64_t kHeads = 8, kKvHeads = 2, kHeadWidth = 64;
constexpr int64_t kMambaHeads = 24, kMambaWidth = 64, kState = 128, kTaps = 4;
constexpr int64_t kInner = kMambaHeads * kMambaWidth, kChannels = kInner + 2 * kState;
constexpr int64_t kQueries = kHeads * kHeadWidth, kKeys = kKvHeads * kHeadWidth;
constexpr int64_t kProjected = kQueries + 2 * kKeys + kInner + kChannels + kMambaHeads;
constexpr float kEps = 1e-5F;

StateShape shape() {
  return {.layers = 1,
          .query_heads = kHeads,
          .kv_heads = kKvHeads,
          .head_width = kHeadWidth,
          .mamba_heads = kMambaHeads,
          .mamba_width = kMambaWidth,
          .state_size = kState,
          .conv_taps = kTaps};
}

// One text of kRows + 1 tokens as a single wave; the last `scored` are scored.
PrefixTree make_tree(int64_t scored) {
  TokenRequest request;
  for (int64_t i = 0; i <= kRows; ++i) request.ids.push_back(static_cast<int32_t>(i * 37 % 30000));
  request.first_scored = static_cast<int32_t>(kRows + 1 - scored);
  return PrefixTree::build({&request, 1});
}

std::vector<float> random_values(int64_t count, float center = 0, float spread = 1) {
  static std::mt19937 random(1);
  std::normal_distribution<float> normal(center, spread);
  std::vector<float> values(count);
  for (float& value : values) value = normal(random);
  return values;
}

double silu(double x) {
  return x / (1 + std::exp(-x));
}

// The engine's single-threaded backend, a wave, and arrays made on demand.
struct Bench {
  explicit Bench(Operand type, int64_t scored = 1)
      : operand(type),
        backend(1, type),
        tree(make_tree(scored)),
        schedule(make_schedule(tree, {.per_row = 1}, int64_t{1} << 30, kRows)),
        wave(schedule.waves.front()) {
    backend.prepare(shape(), tree, schedule);
    backend.begin_wave(wave);
  }

  Array rows(int64_t width, float spread = 1) {
    Array array = backend.activations(kRows, width);
    const auto values = random_values(kRows * width, 0, spread);
    std::copy(values.begin(), values.end(), array.data());
    return array;
  }

  ProductArray operands(const Array& x, int64_t width) {
    ProductArray rows = backend.product_rows(kRows, width);
    write_operands(cpu::choose_isa(), operand, x.data(), kRows * width, bytes_of(rows));
    return rows;
  }

  void read_operands(ProductArray& rows, Array& out) {
    const std::byte* bytes = bytes_of(rows);
    for (int64_t i = 0; i < kRows * rows.width; ++i) {
      uint32_t bits = 0;  // of a bfloat16 the upper half
      const auto size = rows.element_bytes;
      std::memcpy(reinterpret_cast<std::byte*>(&bits) + (4 - size), bytes + i * size, size);
      out.data()[i] = std::bit_cast<float>(bits);
    }
  }

  static std::byte* bytes_of(ProductArray& rows) {
    return static_cast<std::byte*>(rows.rows().data);
  }

  Operand operand;
  CpuBackend backend;
  PrefixTree tree;
  Schedule schedule;
  const Wave& wave;
};

// Float32 rows as those of a product in float32.
ProductRows operand(Array& array, int64_t width) {
  return {array.data(), width, width, sizeof(float)};
}

// The largest distance of rows 0, 255 and 511 from what `expected(row)` says, as a share of the
// largest value there.
double relative_error(const Rows& out, const std::function<Vector(int64_t)>& expected) {
  double worst = 0, scale = 0;
  for (const int64_t r : {int64_t{0}, kRows / 2 - 1, kRows - 1}) {
    const Vector row = expected(r);
    for (int64_t i = 0; i < out.width; ++i) {
      worst = std::max(worst, std::abs(out.data[r * out.stride + i] - row[i]));
      scale = std::max(scale, std::abs(row[i]));
    }
  }
  return worst / scale;
}

// Checks, times, and says how much of the processor's rate that is.
struct Work {
  double flops = 0, bytes = 0;  // of one run; bytes that must be read and written
  double tolerance = 1e-5;
  Operand operand = Operand::float32;
};

void measure(benchmark::State& state, const Work& work, const std::function<void()>& run,
             const std::function<double()>& error) {
  static const double kCopy = copy_rate();
  run();
  if (const double off = error(); !(off <= work.tolerance)) {
    return state.SkipWithError(("differs from float64 by " + std::to_string(off)).c_str());
  }
  double seconds = 1e9;
  for (auto step : state) seconds = std::min(seconds, best_seconds(1, run));
  state.counters["best_us"] = seconds * 1e6;
  state.counters["GFLOP/s"] = work.flops / seconds / 1e9;
  state.counters["GB/s"] = work.bytes / seconds / 1e9;
  state.counters["of_product"] = work.flops / seconds / product_rate(work.operand);
  state.counters["of_copy"] = work.bytes / seconds / kCopy;
}

constexpr double kFloat = sizeof(float);

void product(benchmark::State& state, int64_t inputs, int64_t outputs, Operand type) {
  Bench bench(type);
  const auto values = random_values(outputs * inputs, 0, 1 / std::sqrt(static_cast<float>(inputs)));
  const Tensor tensor{
      .name = "w", .shape = {outputs, inputs}, .bytes = std::as_bytes(std::span(values))};
  const auto matrix = bench.backend.matrix({outputs, inputs, {{&tensor}}, {}, {}});
  Array x = bench.rows(inputs), out = bench.backend.activations(kRows, outputs);
  ProductArray operands = bench.operands(x, inputs);
  const Work work{.flops = 2.0 * kRows * inputs * outputs,
                  .bytes = kFloat * (kRows * (inputs + outputs) + inputs * outputs),
                  .tolerance = type == Operand::float32 ? 1e-5 : 1e-2,
                  .operand = type};
  measure(
      state, work,
      [&] { bench.backend.product(bench.wave, operands.rows(), *matrix, out.rows(outputs)); },
      [&] {
        return relative_error(out.rows(outputs), [&](int64_t r) {
          Vector row(outputs);
          for (int64_t o = 0; o < outputs; ++o) {
            for (int64_t i = 0; i < inputs; ++i) {
              row[o] += double{x.data()[r * inputs + i]} * values[o * inputs + i];
            }
          }
          return row;
        });
      });
}

void rms_norm(benchmark::State& state) {
  Bench bench(Operand::float32);
  Array x = bench.rows(kWidth), out = bench.backend.activations(kRows, kWidth);
  const Array weight = bench.backend.array(random_values(kWidth, 1, 0.1F));
  measure(
      state, {.flops = 4.0 * kRows * kWidth, .bytes = kFloat * 2 * kRows * kWidth},
      [&] {
        bench.backend.rms_norm(bench.wave, x.rows(kWidth), weight, kEps, operand(out, kWidth));
      },
      [&] {
        return relative_error(out.rows(kWidth), [&](int64_t r) {
          const float* row = x.data() + r * kWidth;
          double sum = 0;
          for (int64_t i = 0; i < kWidth; ++i) sum += double{row[i]} * row[i];
          Vector result(kWidth);
          for (int64_t i = 0; i < kWidth; ++i) {
            result[i] = row[i] / std::sqrt(sum / kWidth + kEps) * weight.data()[i];
          }
          return result;
        });
      });
}

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
void gated_product(benchmark::State& state, Operand type) {
  Bench bench(type);
  const float spread = 1 / std::sqrt(float{kWidth});
  const auto gate = random_values(kFeedForward * kWidth, 0, spread);
  const auto up = random_values(kFeedForward * kWidth, 0, spread);
  const auto tensor = [](const std::vector<float>& values) {
    return Tensor{
        .name = "w", .shape = {kFeedForward, kWidth}, .bytes = std::as_bytes(std::span(values))};
  };
  const Tensor gate_tensor = tensor(gate), up_tensor = tensor(up);
  const auto matrix = bench.backend.matrix(
      {2 * kFeedForward, kWidth, {{&gate_tensor}, {&up_tensor, kFeedForward}}, {}, {}});
  Array x = bench.rows(kWidth), result = bench.backend.activations(kRows, kFeedForward);
  ProductArray operands = bench.operands(x, kWidth);
  ProductArray out = bench.backend.product_rows(kRows, kFeedForward);
  const Work work{.flops = 4.0 * kRows * kWidth * kFeedForward,
                  .bytes = kFloat * (kRows * (kWidth + kFeedForward) + 2 * kWidth * kFeedForward),
                  .tolerance = type == Operand::float32 ? 1e-5 : 1e-2,
                  .operand = type};
  measure(
      state, work,
      [&] { bench.backend.gated_product(bench.wave, operands.rows(), *matrix, {}, out.rows()); },
      [&] {
        bench.read_operands(out, result);
        return relative_error(result.rows(kFeedForward), [&](int64_t r) {
          Vector row(kFeedForward);
          for (int64_t o = 0; o < kFeedForward; ++o) {
            double g = 0, u = 0;
            for (int64_t i = 0; i < kWidth; ++i) {
              const double value = x.data()[r * kWidth + i];
              g += value * gate[o * kWidth + i];
              u += value * up[o * kWidth + i];
            }
            row[o] = silu(g) * u;
          }
          return row;
        });
      });
}

// 128 scored rows through the head.
void logprobs(benchmark::State& state, Operand operand) {
  constexpr int64_t kScored = 128;
  Bench bench(operand, kScored);
  const auto values = random_values(kVocabulary * kWidth, 0, 1 / std::sqrt(float{kWidth}));
  const Tensor tensor{
      .name = "head", .shape = {kVocabulary, kWidth}, .bytes = std::as_bytes(std::span(values))};
  const auto head = bench.backend.matrix({kVocabulary, kWidth, {{&tensor}}, {}, {}});
  const Array norm = bench.backend.array(random_values(kWidth, 1, 0.1F));
  Array hidden = bench.rows(kWidth);
  std::vector<TargetScore> scores(bench.wave.targets.size());
  const Work work{.flops = 2.0 * kScored * kWidth * kVocabulary,
                  .bytes = kFloat * (kScored * kWidth + kWidth * kVocabulary),
                  .tolerance = operand == Operand::float32 ? 1e-5 : 1e-2,
                  .operand = operand};
  measure(
      state, work,
      [&] { bench.backend.logprobs(bench.wave, hidden.rows(kWidth), norm, kEps, *head, scores); },
      [&] {
        double worst = 0;
        for (const size_t i : {size_t{0}, scores.size() - 1}) {
          const float* row = hidden.data() + bench.wave.scored_rows[i].row * kWidth;
          double square = 0, sum = 0, target = 0;
          for (int64_t c = 0; c < kWidth; ++c) square += double{row[c]} * row[c];
          for (int64_t t = 0; t < kVocabulary; ++t) {
            double z = 0;
            for (int64_t c = 0; c < kWidth; ++c) {
              z += row[c] / std::sqrt(square / kWidth + kEps) * norm.data()[c] *
                   values[t * kWidth + c];
            }
            sum += std::exp(z);
            if (t == bench.wave.targets[i]) target = z;
          }
          worst = std::max(worst, std::abs(scores[i].logprob_nats - (target - std::log(sum))));
        }
        return worst;
      });
}

void add(const std::string& name, const std::function<void(benchmark::State&)>& run) {
  benchmark::RegisterBenchmark(name.c_str(), [run](benchmark::State& state) { run(state); })
      ->Unit(benchmark::kMicrosecond)
      ->UseRealTime();
}

void add_all() {
  struct Kind {
    const char* name;
    Operand operand;
  };
  for (const Kind kind : {Kind{"float32", Operand::float32},
                          Kind{"bfloat16", cpu::choose_operand(Precision::bfloat16)}}) {
    const auto add_product = [&](const char* name, int64_t inputs, int64_t outputs) {
      add(std::string("product/") + name + "/" + kind.name,
          [=](benchmark::State& state) { product(state, inputs, outputs, kind.operand); });
    };
    add_product("input", kWidth, kProjected);
    add_product("output", kInner + kQueries, kWidth);
    add_product("down", kFeedForward, kWidth);
    add(std::string("gated_product/") + kind.name,
        [=](benchmark::State& state) { gated_product(state, kind.operand); });
    add(std::string("logprobs/") + kind.name,
        [=](benchmark::State& state) { logprobs(state, kind.operand); });
  }
  add("rms_norm", rms_norm);
  add("rope", rope);
  add("attention", attention);
  add("convolve", convolve);
  add("scan", scan);
  add("gate", gate);
}

}  // namespace
}  // namespace e2lm

int main(int count, char** arguments) {
  e2lm::parallel_for(1, 1, 1, [](int64_t, int64_t) {});  // holds oneDNN to one thread
  e2lm::add_all();
  benchmark::Initialize(&count, arguments);
  if (benchmark::ReportUnrecognizedArguments(count, arguments)) return 2;
  benchmark::RunSpecifiedBenchmarks();
}
