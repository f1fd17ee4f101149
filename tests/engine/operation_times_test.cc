// The times that benchmarks report are of what the engine does, on either device.

#include "tests/bench/operation_times.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "base/parallel.h"
#include "engine/cpu/backend.h"
#include "engine/cuda/backend.h"
#include "engine/engine.h"
#include "tests/support/golden_model.h"

namespace e2lm {
namespace {

class OperationTimesTest : public testing::TestWithParam<Device> {};

TEST_P(OperationTimesTest, EveryOperationIsTimedAndScoresAreTheEngines) {
  const GoldenModel golden = GoldenModel::read("falcon_h1_gated_norm_groups");
  const Checkpoint checkpoint = Checkpoint::open(golden.folder);
  const auto requests = golden.requests();
  const PrefixTree tree = PrefixTree::build(requests);
  const auto backend = GetParam() == Device::cuda
                           ? open_cuda_backend(Precision::float32, {})
                           : open_cpu_backend(available_threads(), Precision::float32);
  int waits = 0;
  OperationTimer timer(checkpoint, *backend, [&] { ++waits; });
  const OperationTimes timed = timer.time(tree, 2);

  const auto engine =
      Engine::open(checkpoint, {.device = GetParam(), .precision = Precision::float32});
  const auto expected = score_all(*engine, requests);
  for (int32_t request = 0; request < tree.requests(); ++request) {
    size_t t = 0;
    for (const int64_t target : tree.request_targets(request)) {
      EXPECT_EQ(timed.scores[target].logprob_nats, expected[request].logprobs_nats[t++]);
    }
  }

  int64_t calls = 0;
  for (const OperationTime& one : timed.operations) {
    calls += one.calls;
    EXPECT_GT(one.seconds, 0) << one.operation;
  }
  EXPECT_EQ(waits, 2 * calls);  // those of the pass that warmed up are not in the times
  for (const char* operation : {"embed", "rms_norm", "product", "convolve", "gated_scan",
                                "attention", "add_product", "gated_product", "logprobs"}) {
    EXPECT_TRUE(std::any_of(timed.operations.begin(), timed.operations.end(), [&](const auto& one) {
      return one.operation == operation;
    })) << operation;
  }
}

INSTANTIATE_TEST_SUITE_P(All, OperationTimesTest, testing::Values(Device::cpu, Device::cuda),
                         [](const auto& device) { return std::string(device_name(device.param)); });

}  // namespace
}  // namespace e2lm
