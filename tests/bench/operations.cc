#include "tests/bench/operations.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <random>

#include "tests/bench/limits.h"

namespace e2lm::operations {
namespace {

// One text of kRows + 1 tokens as a single wave; the last `scored` are scored.
PrefixTree make_tree(int64_t scored) {
  TokenRequest request;
  for (int64_t i = 0; i <= kRows; ++i) request.ids.push_back(static_cast<int32_t>(i * 37 % 30000));
  request.first_scored = static_cast<int32_t>(kRows + 1 - scored);
  return PrefixTree::build({&request, 1});
}

std::byte* bytes_of(ProductArray& rows) {
  return static_cast<std::byte*>(rows.rows().data);
}

}  // namespace

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

std::vector<float> random_values(int64_t count, float center, float spread) {
  static std::mt19937 random(1);
  std::normal_distribution<float> normal(center, spread);
  std::vector<float> values(count);
  for (float& value : values) value = normal(random);
  return values;
}

double silu(double x) {
  return x / (1 + std::exp(-x));
}

Bench::Bench(Operand type, int64_t scored)
    : operand(type),
      backend(1, type),
      tree(make_tree(scored)),
      schedule(make_schedule(tree, {.per_row = 1}, int64_t{1} << 30, kRows)),
      wave(schedule.waves.front()) {
  backend.prepare(shape(), tree, schedule);
  backend.begin_wave(wave);
}

Array Bench::rows(int64_t width, float spread) {
  Array array = backend.activations(kRows, width);
  const auto values = random_values(kRows * width, 0, spread);
  std::copy(values.begin(), values.end(), array.data());
  return array;
}

ProductArray Bench::operands(const Array& x, int64_t width) {
  ProductArray rows = backend.product_rows(kRows, width);
  write_operands(cpu::choose_isa(), operand, x.data(), kRows * width, bytes_of(rows));
  return rows;
}

void Bench::read_operands(ProductArray& rows, Array& out) {
  const std::byte* bytes = bytes_of(rows);
  for (int64_t i = 0; i < kRows * rows.width; ++i) {
    uint32_t bits = 0;  // of a bfloat16 the upper half
    const auto size = rows.element_bytes;
    std::memcpy(reinterpret_cast<std::byte*>(&bits) + (4 - size), bytes + i * size, size);
    out.data()[i] = std::bit_cast<float>(bits);
  }
}

ProductRows operand(Array& array, int64_t width) {
  return {array.data(), width, width, sizeof(float)};
}

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

void add(const std::string& name, const std::function<void(benchmark::State&)>& run) {
  benchmark::RegisterBenchmark(name.c_str(), [run](benchmark::State& state) { run(state); })
      ->Unit(benchmark::kMicrosecond)
      ->UseRealTime();
}

}  // namespace e2lm::operations
