// A plain batch through whole models of real geometries, in tokens per second and as a share of
// what the matrix products alone allow on this processor: the rate of one large oneDNN product,
// measured in the same run. Before it is timed, a batch is scored in pieces too; the bits must
// agree. Then every operation is timed for itself.

#include <benchmark/benchmark.h>

#include <chrono>
#include <memory>

#include "engine/cpu/backend.h"
#include "engine/engine.h"
#include "tests/bench/limits.h"
#include "tests/bench/operation_times.h"
#include "tests/bench/random_model.h"
#include "tests/support/scratch.h"

namespace e2lm {
namespace {

constexpr int64_t kBatchTokens = 512;
constexpr int64_t kBatches = 5;  // the best counts, as it does of the products behind the limit

double seconds_since(std::chrono::steady_clock::time_point started) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();
}

// A random model in a scratch folder, one at a time: they are large.
struct LoadedModel {
  explicit LoadedModel(const std::string& geometry) {
    write_random_model(geometry, scratch.folder());
    checkpoint = std::make_unique<Checkpoint>(Checkpoint::open(scratch.folder()));
  }
  Scratch scratch;
  std::unique_ptr<Checkpoint> checkpoint;
};

bool pieces_agree(Engine& engine, const Checkpoint& checkpoint, Precision precision,
                  const TokenRequest& request) {
  const auto pieces =
      Engine::open(checkpoint, {.precision = precision, .threads = 1, .wave_rows = 96});
  return score_all(engine, {&request, 1})[0].logprobs_nats ==
         score_all(*pieces, {&request, 1})[0].logprobs_nats;
}

// What the operations take of a batch, in milliseconds.
void count_operations(benchmark::State& state, const Checkpoint& checkpoint, Precision precision,
                      int threads, const TokenRequest& request) {
  const auto backend = open_cpu_backend(threads, precision);
  OperationTimer timer(checkpoint, *backend, [] {});
  for (const auto& [name, calls, seconds] :
       timer.time(PrefixTree::build({&request, 1}), kBatches).operations) {
    if (seconds > 1e-3) state.counters[name + "_ms"] = seconds * 1e3;
  }
}

void forward(benchmark::State& state, const std::string& geometry, Precision precision) {
  const auto threads = static_cast<int>(state.range(0));
  const LoadedModel model(geometry);
  const auto loading = std::chrono::steady_clock::now();
  const auto engine = Engine::open(*model.checkpoint, {.precision = precision, .threads = threads});
  const double load_seconds = seconds_since(loading);
  const TokenRequest request = random_request(kBatchTokens, engine->vocabulary(), 1);
  if (!pieces_agree(*engine, *model.checkpoint, precision, request)) {
    state.SkipWithError("scores depend on how the batch is cut");
    return;
  }
  double seconds = 1e9;
  for (auto step : state) {
    seconds = std::min(seconds, best_seconds(1, [&] { score_all(*engine, {&request, 1}); }));
  }
  const double rate = kBatchTokens / seconds;
  const double products = product_rate(cpu::choose_operand(precision));
  const double limit = products / product_flops_per_token(geometry) * threads;
  state.counters["tokens/s"] = rate;
  state.counters["limit"] = limit;
  state.counters["share"] = rate / limit;
  state.counters["load_s"] = load_seconds;
  count_operations(state, *model.checkpoint, precision, threads, request);
}

}  // namespace
}  // namespace e2lm

int main(int count, char** arguments) {
  using e2lm::Precision;
  for (const std::string_view geometry : e2lm::kGeometries) {
    for (const Precision precision : {Precision::float32, Precision::bfloat16}) {
      const std::string name(geometry);
      const std::string label = "forward/" + name + "/" + std::string(precision_name(precision));
      benchmark::RegisterBenchmark(
          label.c_str(), [=](benchmark::State& state) { e2lm::forward(state, name, precision); })
          ->Arg(1)
          ->Arg(2)
          ->Unit(benchmark::kMillisecond)
          ->UseRealTime()
          ->Iterations(e2lm::kBatches);
    }
  }
  benchmark::Initialize(&count, arguments);
  if (benchmark::ReportUnrecognizedArguments(count, arguments)) return 2;
  benchmark::RunSpecifiedBenchmarks();
}
