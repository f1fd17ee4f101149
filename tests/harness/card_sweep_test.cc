// Sweeps on an emulated card: the next checkpoint is uploaded while the current one is computed,
// where the card has memory for both, and no result depends on it.

#include <gtest/gtest.h>

#include <atomic>
#include <mutex>
#include <set>
#include <thread>

#include "engine/backend.h"
#include "harness/results/results.h"
#include "harness/sweep/sweep.h"
#include "tests/support/cuda_emulator/emulator.h"
#include "tests/support/devices.h"
#include "tests/support/expect_error.h"
#include "tests/support/run_folder.h"
#include "tests/support/whole_sweep.h"

namespace e2lm {
namespace {

const EngineOptions kCard = {.device = Device::cuda, .precision = Precision::float32};
constexpr int64_t kRoomForOne = 60 << 20;  // less than the libraries of two are given

class CardSweep : public testing::Test {
 protected:
  ~CardSweep() override {
    emulator::behaviour = {};
    emulator::lost = false;
  }

  SweepSummary sweep(const Path& store_path) {
    Store store = Store::open(store_path);
    const PlannedSweep planned =
        plan_sweep(Manifest::read(folder_.manifest), TaskLibrary({}), store, {}, kCard, {});
    SweepOptions options{.engine = kCard, .quiet = true, .stop = stop_};
    options.open_engine = [this](const Checkpoint& checkpoint, const EngineOptions& engine) {
      return open(checkpoint, engine);
    };
    opened_ahead_ = opened_ = 0;
    return run_sweep(planned, store, options);
  }

  std::unique_ptr<Engine> open(const Checkpoint& checkpoint, EngineOptions options) {
    const bool ahead = std::this_thread::get_id() != sweeper_;
    if (ahead && ahead_weight_bytes_ > 0) options.card_weight_bytes = ahead_weight_bytes_;
    auto engine = Engine::open(checkpoint, options);
    ++(ahead ? opened_ahead_ : opened_);
    return engine;
  }

  RunFolder folder_;
  std::thread::id sweeper_ = std::this_thread::get_id();
  std::function<bool()> stop_;
  int64_t ahead_weight_bytes_ = 0;
  std::atomic<int> opened_ahead_ = 0, opened_ = 0;
};

TEST_F(CardSweep, TheNextCheckpointIsUploadedMeanwhileAndChangesNothing) {
  ASSERT_TRUE(cuda_is_there());
  EXPECT_EQ(sweep(folder_.scratch / "ahead.sqlite").computed, 3);
  EXPECT_EQ(opened_, 1);
  EXPECT_EQ(opened_ahead_, 2);
  EXPECT_EQ(emulator::allocated_bytes(), 0) << "memory was not given back";

  emulator::behaviour.memory_bytes = kRoomForOne;
  EXPECT_EQ(sweep(folder_.scratch / "alone.sqlite").computed, 3);
  EXPECT_EQ(opened_, 3) << "no room for two";
  EXPECT_EQ(opened_ahead_, 0);
  EXPECT_EQ(contents(folder_.scratch / "ahead.sqlite"), contents(folder_.scratch / "alone.sqlite"));
}

// More than was reckoned with, as if files grew: the running checkpoint must not lose its memory.
TEST_F(CardSweep, WhatDidNotFitAheadIsOpenedAfterwards) {
  ahead_weight_bytes_ = 1000;
  EXPECT_EQ(sweep(folder_.scratch / "run.sqlite").computed, 3);
  EXPECT_EQ(opened_ahead_, 0);
  EXPECT_EQ(opened_, 3);
}

TEST_F(CardSweep, ACheckpointThatCannotBeOpenedAheadFailsAlone) {
  const std::string config = read_file(folder_.checkpoint(80) / "config.json");
  Json changed = parse_json(config, "config.json");
  changed["vocab_size"] = changed["vocab_size"].get<int>() + 1;
  write_file(folder_.checkpoint(80) / "config.json", changed.dump());
  const SweepSummary summary = sweep(folder_.scratch / "run.sqlite");
  EXPECT_EQ(summary.computed, 2);
  EXPECT_EQ(summary.failed, 1);
  const Report report = load_report(Store::open_existing(folder_.scratch / "run.sqlite"));
  ASSERT_EQ(report.cells.size(), 3u);
  EXPECT_EQ(report.cells[1].state, "failed");
  EXPECT_NE(report.cells[1].error.find("embed_tokens"), std::string::npos) << report.cells[1].error;
  EXPECT_EQ(emulator::allocated_bytes(), 0);
}

// A card that a kernel's fault has lost would fail every cell that is left, after fetching and
// reading its checkpoint for nothing.
TEST_F(CardSweep, ALostCardEndsTheSweepAndTheNextOneGoesOn) {
  const Path store = folder_.scratch / "run.sqlite";
  stop_ = [] {  // asked after the first checkpoint's only block
    emulator::behaviour.faulty_kernel = "attention";
    return false;
  };
  EXPECT_THROW(sweep(store), DeviceLost);
  const auto count = [&](const std::string& state) {
    const Report report = load_report(Store::open_existing(store));
    return std::count_if(report.cells.begin(), report.cells.end(),
                         [&](const auto& cell) { return cell.state == state; });
  };
  EXPECT_EQ(count("done"), 1);
  EXPECT_EQ(count("failed"), 1);
  EXPECT_EQ(count("missing"), 1);
  EXPECT_EQ(emulator::allocated_bytes(), 0);

  stop_ = nullptr;
  emulator::behaviour.faulty_kernel = nullptr;
  emulator::lost = false;
  const SweepSummary summary = sweep(store);
  EXPECT_EQ(summary.failed, 0);
  EXPECT_EQ(count("done"), 3);
  EXPECT_EQ(sweep(folder_.scratch / "whole.sqlite").computed, 3);
  EXPECT_EQ(contents(store), contents(folder_.scratch / "whole.sqlite"));
}

TEST_F(CardSweep, AnInterruptEndsTheUpload) {
  stop_ = [] { return true; };
  EXPECT_THROW(sweep(folder_.scratch / "run.sqlite"), Interrupted);
  EXPECT_EQ(emulator::allocated_bytes(), 0);

  std::stop_source stop;
  stop.request_stop();
  const Checkpoint checkpoint = Checkpoint::open(folder_.checkpoint(40));
  EngineOptions options = kCard;
  options.called_off = stop.get_token();
  expect_error([&] { Engine::open(checkpoint, options); }, "checkpoint", "called off");
}

class CardRoom : public CardSweep {
 protected:
  std::vector<TokenRequest> requests() const {
    std::vector<TokenRequest> requests;
    for (int32_t i = 0; i < 400; ++i) {
      TokenRequest request{.first_scored = 15};
      for (int32_t t = 0; t < 16; ++t) request.ids.push_back((i * 5 + t * 7) % 500);
      requests.push_back(std::move(request));
    }
    return requests;
  }

  Checkpoint checkpoint_ = Checkpoint::open(folder_.checkpoint(40));
  PrefixTree tree_ = PrefixTree::build(requests());
  const PrefixTree* trees_[1] = {&tree_};
};

TEST_F(CardRoom, WeightsTakeNoMoreThanForeseen) {
  for (const Precision precision : {Precision::float32, Precision::bfloat16}) {
    EngineOptions options = kCard;
    options.precision = precision;
    const int64_t before = emulator::allocated_bytes();
    const auto engine = Engine::open(checkpoint_, options);
    const int64_t taken = emulator::allocated_bytes() - before;
    EXPECT_LE(taken, Engine::card_weight_bytes(checkpoint_, options));
    options.card_weight_bytes = taken - 1;
    EXPECT_THROW(Engine::open(checkpoint_, options), OutOfDeviceMemory);
  }
}

TEST_F(CardRoom, IsLeftOnlyWhereWavesStayAsLong) {
  const auto engine = Engine::open(checkpoint_, kCard);
  const int64_t free = emulator::behaviour.memory_bytes - emulator::allocated_bytes();
  const int64_t alone = engine->working_bytes(tree_);
  EXPECT_FALSE(engine->leave_room(free, trees_));
  EXPECT_EQ(engine->working_bytes(tree_), alone);
  EXPECT_TRUE(engine->leave_room(free / 2, trees_));
  EXPECT_EQ(engine->working_bytes(tree_), alone);

  EngineOptions options = kCard;
  options.memory_bytes = int64_t{1} << 30;
  const auto limited = Engine::open(checkpoint_, options);
  EXPECT_FALSE(limited->leave_room(int64_t{1} << 30, trees_));
  EXPECT_TRUE(limited->leave_room(int64_t{1} << 28, trees_));
}

// An engine that was opened beside another found little free; the other is gone now.
TEST_F(CardRoom, IsMeasuredAgain) {
  auto first = Engine::open(checkpoint_, kCard);
  const int64_t weights = emulator::allocated_bytes();
  emulator::behaviour.memory_bytes = 2 * weights + (2 << 20);
  const auto second = Engine::open(checkpoint_, kCard);
  EXPECT_THROW(second->working_bytes(tree_), Error);
  first.reset();
  emulator::behaviour.memory_bytes = int64_t{1} << 30;
  second->leave_room(0, trees_);
  EXPECT_GT(second->working_bytes(tree_), 0);
}

TEST(RoomOnTheProcessor, IsNeverLeft) {
  const RunFolder folder;
  const Checkpoint checkpoint = Checkpoint::open(folder.checkpoint(40));
  EXPECT_FALSE(Engine::open(checkpoint, {})->leave_room(1, {}));
}

}  // namespace
}  // namespace e2lm
