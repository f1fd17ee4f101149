// A plain batch through whole models of real geometries, in tokens per second and as a share of
// what the matrix products alone allow on this processor: the rate of one large oneDNN product,
// measured in the same run. Before it is timed, a batch is scored in pieces too; the bits must
// agree.

#include <benchmark/benchmark.h>

#include <chrono>
#include <memory>
#include <oneapi/dnnl/dnnl.hpp>
#include <unordered_map>

#include "engine/engine.h"
#include "tests/bench/random_model.h"
#include "tests/support/scratch.h"

namespace e2lm {
namespace {

constexpr int64_t kBatchTokens = 512;

double seconds_since(std::chrono::steady_clock::time_point started) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();
}

// FLOP/s of oneDNN's own 512 × 1024 × 4096 float32 product on one thread: the best of many.
double product_rate() {
  const dnnl::engine engine(dnnl::engine::kind::cpu, 0);
  using Format = dnnl::memory::format_tag;
  constexpr auto kFloat = dnnl::memory::data_type::f32;
  const int64_t rows = 512, inputs = 1024, outputs = 4096;
  const dnnl::memory::desc x({rows, inputs}, kFloat, Format::ab);
  const dnnl::memory::desc weights({inputs, outputs}, kFloat, Format::any);
  const dnnl::memory::desc out({rows, outputs}, kFloat, Format::ab);
#if DNNL_VERSION_MAJOR >= 3
  const dnnl::matmul::primitive_desc description(engine, x, weights, out);
#else
  const dnnl::matmul::primitive_desc description(dnnl::matmul::desc(x, weights, out), engine);
#endif
  const dnnl::matmul product(description);
  std::unordered_map<int, dnnl::memory> arguments = {
      {DNNL_ARG_SRC, dnnl::memory(x, engine)},
      {DNNL_ARG_WEIGHTS, dnnl::memory(description.weights_desc(), engine)},
      {DNNL_ARG_DST, dnnl::memory(out, engine)}};
  dnnl::stream stream(engine);
  double best = 1e9;
  for (int i = 0; i < 30; ++i) {
    const auto started = std::chrono::steady_clock::now();
    product.execute(stream, arguments);
    stream.wait();
    best = std::min(best, seconds_since(started));
  }
  return 2.0 * static_cast<double>(rows * inputs * outputs) / best;
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

bool pieces_agree(Engine& engine, const Checkpoint& checkpoint, const TokenRequest& request) {
  const auto pieces = Engine::open(checkpoint, {.threads = 1, .wave_rows = 96});
  return score_all(engine, {&request, 1})[0].logprobs_nats ==
         score_all(*pieces, {&request, 1})[0].logprobs_nats;
}

void forward(benchmark::State& state, const std::string& geometry) {
  const auto threads = static_cast<int>(state.range(0));
  const LoadedModel model(geometry);
  const auto loading = std::chrono::steady_clock::now();
  const auto engine = Engine::open(*model.checkpoint, {.threads = threads});
  const double load_seconds = seconds_since(loading);
  const TokenRequest request = random_request(kBatchTokens, engine->vocabulary(), 1);
  if (!pieces_agree(*engine, *model.checkpoint, request)) {
    state.SkipWithError("scores depend on how the batch is cut");
    return;
  }
  double seconds = 0;
  for (auto step : state) {
    const auto started = std::chrono::steady_clock::now();
    benchmark::DoNotOptimize(score_all(*engine, {&request, 1}));
    seconds += seconds_since(started);
  }
  const double rate = static_cast<double>(kBatchTokens * state.iterations()) / seconds;
  const double limit = product_rate() / product_flops_per_token(geometry) * threads;
  state.counters["tokens/s"] = rate;
  state.counters["limit"] = limit;
  state.counters["share"] = rate / limit;
  state.counters["load_s"] = load_seconds;
}

}  // namespace
}  // namespace e2lm

int main(int count, char** arguments) {
  for (const std::string_view geometry : e2lm::kGeometries) {
    const std::string name(geometry);
    benchmark::RegisterBenchmark(("forward/" + name).c_str(),
                                 [name](benchmark::State& state) { e2lm::forward(state, name); })
        ->Arg(1)
        ->Arg(2)
        ->Unit(benchmark::kMillisecond)
        ->UseRealTime()
        ->MinTime(3);
  }
  benchmark::Initialize(&count, arguments);
  if (benchmark::ReportUnrecognizedArguments(count, arguments)) return 2;
  benchmark::RunSpecifiedBenchmarks();
}
