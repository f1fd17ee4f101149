// What happens when a card fails or is none: on the emulated card, which can be told to.

#include <gtest/gtest.h>

#include <cstdlib>

#include "base/error.h"
#include "engine/cuda/wave_buffer.h"
#include "engine/engine.h"
#include "tests/support/cuda_emulator/emulator.h"
#include "tests/support/expect_error.h"
#include "tests/support/golden_model.h"
#include "tests/support/same_bits.h"

namespace e2lm {
namespace {

class CudaErrors : public testing::Test {
 protected:
  ~CudaErrors() override {
    emulator::behaviour = {};
    emulator::lost = false;
  }

  std::unique_ptr<Engine> open(std::optional<Precision> precision = Precision::float32,
                               int64_t memory_bytes = 0) {
    return Engine::open(
        checkpoint_,
        {.device = Device::cuda, .precision = precision, .memory_bytes = memory_bytes});
  }

  // Of 31 rows each: eight in a unit, and four units in a wave of 992 rows.
  static std::vector<TokenRequest> many_requests() {
    std::vector<TokenRequest> requests;
    for (int32_t i = 0; i < 90; ++i) {
      TokenRequest request{.first_scored = 30};
      for (int32_t t = 0; t < 32; ++t) request.ids.push_back((i + t * 7) % 90);
      requests.push_back(std::move(request));
    }
    return requests;
  }

  GoldenModel golden_ = GoldenModel::read("falcon_h1_plain");
  Checkpoint checkpoint_ = Checkpoint::open(golden_.folder);
  std::vector<TokenRequest> requests_ = golden_.requests();
};

TEST_F(CudaErrors, NoCard) {
  emulator::behaviour.cards = 0;
  expect_error([&] { open(); }, "--device cuda", "no card", "cpu");
}

TEST_F(CudaErrors, EveryCardIsListed) {
  emulator::behaviour.cards = 2;
  const std::vector<DeviceSummary> devices = list_devices();
  ASSERT_EQ(devices.size(), 3);
  EXPECT_EQ(devices[1].name, "cuda:0");
  EXPECT_EQ(devices[2].name, "cuda:1");
  EXPECT_TRUE(devices[2].there);
  emulator::behaviour.cards = 0;
  EXPECT_EQ(list_devices().back().name, "cuda");
  EXPECT_FALSE(list_devices().back().there);
}

// The driver counts what the variable names, so of "2,3" the second is card 3.
TEST_F(CudaErrors, ACardIsChosenAmongThoseThatMayBeSeen) {
  constexpr const char* kVisible = "CUDA_VISIBLE_DEVICES";
  ::unsetenv(kVisible);
  choose_card(5);
  EXPECT_STREQ(std::getenv(kVisible), "5");
  ::setenv(kVisible, "2, GPU-8932f937", 1);
  expect_error([] { choose_card(2); }, "--device cuda:2", "no such card", "2, GPU-8932f937");
  choose_card(1);
  EXPECT_STREQ(std::getenv(kVisible), "GPU-8932f937");
  emulator::behaviour.cards = 0;
  expect_error([&] { open(); }, "--device cuda", "no card", "CUDA_VISIBLE_DEVICES=GPU-8932f937");
  ::unsetenv(kVisible);
}

TEST_F(CudaErrors, ACardThatIsTooOld) {
  emulator::behaviour.major = 6;
  emulator::behaviour.minor = 1;
  expect_error([&] { open(); }, "--device cuda", "compute capability 6.1", "7.5 or later");
}

// A sweep asks once before it begins; each of its cells would fail otherwise.
TEST_F(CudaErrors, ALibraryThatIsMissingIsToldWhenTheDeviceIsChecked) {
  emulator::behaviour.has_cublas = false;
  expect_error([] { check_device({.device = Device::cuda}); }, "--device cuda", "no cuBLASLt");
}

TEST_F(CudaErrors, ACardWithoutBfloat16TakesFloat32) {
  emulator::behaviour.major = 7;
  emulator::behaviour.minor = 5;
  expect_error([&] { open(Precision::bfloat16); }, "--dtype bfloat16", "no tensor cores",
               "--dtype float32");
  EXPECT_EQ(choose_precision({.device = Device::cuda}, DType::bfloat16), Precision::float32);
  EXPECT_NO_THROW(open(std::nullopt));
}

TEST_F(CudaErrors, WeightsThatDoNotFit) {
  emulator::behaviour.memory_bytes = 50 << 10;
  expect_error([&] { open(); }, "CUDA", "out of memory", "a card with more");
  EXPECT_EQ(emulator::allocated_bytes(), 0) << "memory was not given back";
}

// The memory promised is not there: other programs took it, or it lies in pieces.
TEST_F(CudaErrors, WavesAreHalvedUntilTheyFit) {
  const std::vector<TokenRequest> requests = many_requests();
  const auto expected = score_all(*open(), requests);
  const PrefixTree tree = PrefixTree::build(requests);
  ASSERT_GT(tree.rows(), 2000);
  std::vector<TokenScores> scores(requests.size());
  const auto score_within = [&](int64_t bytes) {
    emulator::behaviour.memory_bytes = int64_t{1} << 30;
    const auto engine = open(Precision::float32, int64_t{1} << 30);
    emulator::behaviour.memory_bytes = emulator::allocated_bytes() + bytes;
    return engine->score(tree, [&](int32_t r, TokenScores s) { scores[r] = std::move(s); });
  };
  EngineStats stats;
  int refused = 0;
  for (int64_t bytes = 64 << 10; stats.waves == 0; bytes += bytes / 4) {
    try {
      stats = score_within(bytes);
    } catch (const OutOfDeviceMemory& error) {
      ++refused;  // not even the shortest waves fit
      EXPECT_NE(std::string(error.what()).find("--memory"), std::string::npos);
    }
  }
  EXPECT_GT(refused, 0);
  EXPECT_GT(stats.waves, 1);
  expect_same_bits(scores, expected, "in shorter waves");
}

// Of long waves nothing stays where it is needed for short ones.
TEST_F(CudaErrors, ShorterWavesHaveAllOfTheMemory) {
  const PrefixTree tree = PrefixTree::build(many_requests());
  const auto score = [&](Engine& engine) {
    return engine.score(tree, [](int32_t, TokenScores) {});
  };
  const auto open_with = [&](int64_t wave_rows) {
    emulator::behaviour.memory_bytes = int64_t{1} << 30;
    return Engine::open(
        checkpoint_,
        {.device = Device::cuda, .precision = Precision::float32, .wave_rows = wave_rows});
  };
  int64_t waves = 0, needed = 0;
  {
    const auto engine = open_with(496);
    waves = score(*engine).waves;
    needed = emulator::allocated_bytes();
  }
  const auto engine = open_with(992);
  emulator::behaviour.memory_bytes = needed;
  EXPECT_EQ(score(*engine).waves, waves) << "halved more than once";
  EXPECT_LE(emulator::allocated_bytes(), needed);
}

TEST_F(CudaErrors, HostMemoryThatIsMissingIsNamedAndTheEngineGoesOn) {
  const auto engine = open();
  const auto expected = score_all(*engine, requests_);
  emulator::behaviour.pinned_bytes = 4 << 10;
  expect_error([&] { score_all(*engine, many_requests()); }, "CUDA", "taking host memory",
               "more free host memory");
  emulator::behaviour.pinned_bytes = int64_t{1} << 30;
  const auto scores = score_all(*engine, requests_);
  expect_same_bits(scores, expected, "afterwards");
}

// Its sides on the host once stayed behind the device's, and were written past their end.
TEST_F(CudaErrors, AWaveBufferThatCouldNotGrowHasTheRoomItSays) {
  const cuda::PlanSizes small = {.rows = 100}, large = {.rows = 1000};
  cuda::WaveBuffer buffer;
  buffer.prepare(small, 0);
  const int64_t before = buffer.bytes();
  emulator::behaviour.pinned_bytes = before;
  EXPECT_THROW(buffer.prepare(large, 0), OutOfDeviceMemory);
  EXPECT_EQ(buffer.bytes(), before);
}

TEST_F(CudaErrors, AKernelThatFailsIsNamedAndScoresBeforeItAreKept) {
  const auto engine = Engine::open(
      checkpoint_, {.device = Device::cuda, .precision = Precision::float32, .wave_rows = 64});
  int64_t kept = 0;
  const auto score = [&] {
    engine->score(PrefixTree::build(requests_), [&](int32_t, TokenScores) {
      ++kept;
      emulator::behaviour.failing_kernel = "attention";
    });
  };
  expect_error(score, "CUDA", "attention", "illegal memory access");
  EXPECT_GT(kept, 0);
  EXPECT_LT(kept, std::ssize(requests_));
}

// The runtime refuses everything after a fault: whoever has more to compute must know.
TEST_F(CudaErrors, AFaultLosesTheCardAndMemoryIsGivenBackAllTheSame) {
  {
    const auto engine = open();
    emulator::behaviour.faulty_kernel = "attention";
    EXPECT_THROW(score_all(*engine, requests_), DeviceLost);
    emulator::behaviour.faulty_kernel = nullptr;
    EXPECT_THROW(score_all(*engine, requests_), DeviceLost);
    EXPECT_THROW(open(), DeviceLost);
  }
  EXPECT_EQ(emulator::allocated_bytes(), 0);
}

TEST_F(CudaErrors, MemoryIsGivenBack) {
  { score_all(*open(), requests_); }
  EXPECT_EQ(emulator::allocated_bytes(), 0);
}

// The emulated card's promise, without which no test would miss a wait: what is queued is done no
// sooner than it must be, and in order.
TEST(EmulatedStream, DoesItsWorkAsLateAsItMay) {
  const cuda::OwnedStream stream;
  const cuda::PinnedMemory host(sizeof(int32_t));
  const cuda::DeviceMemory first(host.bytes()), second(host.bytes());
  cuda::Event between;
  const auto copy = [&](const cuda::DeviceMemory& to) {
    cuda::copy_to_device(to.as<void>(), host.as<void>(), host.bytes(), stream.get());
  };
  copy(first);
  between.record(stream.get());
  copy(second);
  EXPECT_EQ(*first.as<int32_t>(), 0);
  *host.as<int32_t>() = 1;
  between.wait();
  EXPECT_EQ(*first.as<int32_t>(), 1);
  EXPECT_EQ(*second.as<int32_t>(), 0);
  *host.as<int32_t>() = 2;
  stream.wait();
  EXPECT_EQ(*second.as<int32_t>(), 2);
}

}  // namespace
}  // namespace e2lm
