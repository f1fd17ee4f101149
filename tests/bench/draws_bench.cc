// The intervals of a large benchmark: 10,000 draws over the items of MMLU, of six series of 27
// checkpoints. Run by hand: build/release/tests/bench/draws_bench

#include <benchmark/benchmark.h>

#include "base/parallel.h"
#include "scoring/judgement/judgement.h"
#include "scoring/statistics/random_stream.h"

namespace e2lm {
namespace {

constexpr int64_t kItems = 14042, kCheckpoints = 27, kSeries = 6;

// Right and wrong answers of models that learn from chance to 0.35 in 54,000 steps; late
// checkpoints are those past 206 billion tokens, none.
TaskCurves made_task() {
  TaskCurves task{.task = "made", .metric = "acc", .chance = 0.25};
  RandomStream random(7);
  for (int64_t s = 0; s < kSeries; ++s) {
    SeriesCurve series{.series = "s" + std::to_string(s), .group = "g" + std::to_string(s / 2)};
    for (int64_t c = 0; c < kCheckpoints; ++c) {
      const double ability = 0.25 + 0.1 * static_cast<double>(c) / kCheckpoints;
      std::vector<float> answers(kItems);
      double right = 0;
      for (float& answer : answers) right += answer = random.uniform() < ability ? 1 : 0;
      series.items.add(answers);
      series.curve.push_back({.step = 2000 * (c + 1),
                              .tokens = 8e9 * static_cast<double>(c + 1),
                              .value = right / kItems});
    }
    task.series.push_back(std::move(series));
  }
  return task;
}

void bootstrap_and_signal_quality(benchmark::State& state) {
  const TaskCurves task = made_task();
  const ScoringRules rules{
      .early = {.max_tokens = 206e9}, .late = {.min_tokens = 100e9}, .draws = state.range(0)};
  double hash = 0;
  for (auto _ : state) {
    const Judgement judgement = judge({task}, rules, static_cast<int>(state.range(1)))[0];
    const auto& interval = judgement.signal_interval;
    if (!interval || interval->low >= interval->high) state.SkipWithError("no interval");
    hash = interval ? interval->low + interval->high : 0;
  }
  state.counters["hash"] = hash;
  const double multiplications =
      static_cast<double>(state.range(0)) * kItems * kCheckpoints * kSeries;
  state.counters["FLOP/s"] = benchmark::Counter(
      2 * multiplications * static_cast<double>(state.iterations()), benchmark::Counter::kIsRate);
}
BENCHMARK(bootstrap_and_signal_quality)
    ->ArgNames({"draws", "threads"})
    ->Args({1000, 1})
    ->Args({1000, 2})
    ->Args({10000, 2})
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime();

}  // namespace
}  // namespace e2lm

BENCHMARK_MAIN();
