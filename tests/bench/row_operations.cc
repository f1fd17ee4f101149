#include <algorithm>
#include <cmath>

#include "tests/bench/operations.h"

namespace e2lm::operations {
namespace {

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

}  // namespace

void add_row_operations() {
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
}

}  // namespace e2lm::operations
