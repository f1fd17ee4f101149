#pragma once

// What benchmarks of single operations of the CPU engine share: the geometry of Falcon-H1-0.5B, 512
// rows, one thread; and a measurement that checks before it times.

#include <benchmark/benchmark.h>

#include <functional>
#include <string>
#include <vector>

#include "engine/cpu/cpu_backend.h"
#include "engine/schedule.h"

namespace e2lm::operations {

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
constexpr double kFloat = sizeof(float);

StateShape shape();  // of one layer
std::vector<float> random_values(int64_t count, float center = 0, float spread = 1);
double silu(double x);

// The engine's single-threaded backend, a wave of one text whose last `scored` tokens are scored,
// and arrays made on demand.
struct Bench {
  explicit Bench(Operand type, int64_t scored = 1);

  Array rows(int64_t width, float spread = 1);  // random
  ProductArray operands(const Array& x, int64_t width);
  void read_operands(ProductArray& rows, Array& out);

  Operand operand;
  CpuBackend backend;
  PrefixTree tree;
  Schedule schedule;
  const Wave& wave;
};

// Float32 rows as those of a product in float32.
ProductRows operand(Array& array, int64_t width);

// The largest distance of rows 0, 255 and 511 from what `expected(row)` says, as a share of the
// largest value there.
double relative_error(const Rows& out, const std::function<Vector(int64_t)>& expected);

struct Work {
  double flops = 0, bytes = 0;  // of one run; bytes that must be read and written
  double tolerance = 1e-5;
  Operand operand = Operand::float32;
};

// Runs once and checks error() against the tolerance; then times, and says how much of the
// processor's rate that is.
void measure(benchmark::State& state, const Work& work, const std::function<void()>& run,
             const std::function<double()>& error);

void add(const std::string& name, const std::function<void(benchmark::State&)>& run);

void add_row_operations();    // products, norm, MLP gate, log-probabilities
void add_mixer_operations();  // attention, convolution, scan and its gate

}  // namespace e2lm::operations
