// Choosing items of a task of MMLU's size, 14,042 items of 6 series of 27 checkpoints, on all
// threads; and the analysis of single items on it.

#include <benchmark/benchmark.h>

#include "base/parallel.h"
#include "base/random.h"
#include "scoring/items/item_analysis.h"
#include "scoring/items/item_selection.h"

namespace e2lm {
namespace {

const TaskCurves& task() {
  static const TaskCurves kTask = [] {
    TaskCurves made{.task = "made", .metric = "acc"};
    Random random(1);
    for (int s = 0; s < 6; ++s) {
      ItemValues& values = made.series.emplace_back().items;
      for (int c = 0; c < 27; ++c) {
        std::vector<float> row;
        for (int i = 0; i < 14'042; ++i) {
          row.push_back(random.uniform() < 0.25 + 0.003 * c ? 1.F : 0.F);
        }
        values.add(row);
      }
    }
    return made;
  }();
  return kTask;
}

void select(benchmark::State& state) {
  const SelectionRules rules{.count = state.range(0),
                             .goal = static_cast<SelectionGoal>(state.range(1)),
                             .hold_out = HoldOut::none,
                             .threads = available_threads()};
  for (auto _ : state) {
    const ItemSelection selection = select_items(task(), rules);
    state.counters["chosen"] = selection.sizes.back().train.chosen.value_or(0);
    state.counters["random"] = selection.sizes.back().train.random_mean.value_or(0);
  }
}

void analyse(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(summarise_items(task()));
}

BENCHMARK(select)
    ->ArgNames({"items", "goal"})
    ->ArgsProduct({{100, 1000, 7000}, {0, 1, 2}})
    ->Unit(benchmark::kMillisecond)
    ->Iterations(1)
    ->UseRealTime();
BENCHMARK(analyse)->Unit(benchmark::kMillisecond)->UseRealTime();

}  // namespace
}  // namespace e2lm

BENCHMARK_MAIN();
