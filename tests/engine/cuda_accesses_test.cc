// The emulated card sees races and accesses to what is not its memory. That all tests of the engine
// pass on it says that its kernels have none there.

#include <gtest/gtest.h>

#include <vector>

#include "tests/engine/cuda_accesses_kernels.h"
#include "tests/support/on_card.h"

namespace e2lm::cuda {
namespace {

constexpr int kThreads = 64, kSameWarp = 1, kOtherWarp = 32;

class CudaAccesses : public testing::Test {
 protected:
  void SetUp() override {
#ifdef __SANITIZE_ADDRESS__
    GTEST_SKIP() << "compiled for another sanitizer, which leaves no room for this one";
#endif
  }

  const OnCard<float> out_{kThreads};
};

TEST_F(CudaAccesses, OrderedByBarriersAreRight) {
  for (const auto& [between, distance] : {std::pair(Between::warp_barrier, kSameWarp),
                                          {Between::block_barrier, kSameWarp},
                                          {Between::block_barrier, kOtherWarp},
                                          {Between::nothing, 0}}) {
    run_read_partner(out_.data(), between, distance);
    const std::vector<float> values = out_.values();
    for (int t = 0; t < kThreads; ++t) EXPECT_EQ(values[t], static_cast<float>(t ^ distance));
  }
}

TEST_F(CudaAccesses, WithoutABarrierARace) {
  const auto run = [&](Between between, int distance) {
    run_read_partner(out_.data(), between, distance);
  };
  const char* race =
      "read_partner: no barrier between a (write|read) by thread [0-9]+ and a "
      "(write|read) by thread [0-9]+, byte [0-9]+ of shared memory";
  EXPECT_DEATH(run(Between::nothing, kSameWarp), race);
  EXPECT_DEATH(run(Between::nothing, kOtherWarp), race);
  EXPECT_DEATH(run(Between::shuffle, kSameWarp), race);
  EXPECT_DEATH(run(Between::warp_barrier, kOtherWarp), race);
}

TEST_F(CudaAccesses, WhatIsReadMustStayForTheStep) {
  EXPECT_DEATH(run_replace_partner(out_.data()), "replace_partner: no barrier between");
  EXPECT_DEATH(run_send_to_partner(out_.data()), "send_to_partner: no barrier between");
}

TEST_F(CudaAccesses, BlocksHaveNoOrder) {
  EXPECT_DEATH(
      run_store_in_all_blocks(out_.data(), 1),
      "a write by thread 0 and a write by thread 0 of another block, byte [02] of the card's");
  run_store_in_all_blocks(out_.data(), 0);  // which of them comes last, nobody can tell
  EXPECT_EQ(out_.values()[0], 1);
}

TEST_F(CudaAccesses, OnlyOfTheCardsMemory) {
  const OnCard<float> from(kThreads);
  run_read_one(from.data() + kThreads - 1, out_.data());
  const char* beyond = "read_one: thread [0-9]+ reads 4 bytes that are not all the card's";
  EXPECT_DEATH(run_read_one(from.data() + kThreads, out_.data()), beyond);
  const std::vector<float> of_the_host(1);
  EXPECT_DEATH(run_read_one(of_the_host.data(), out_.data()), beyond);
}

}  // namespace
}  // namespace e2lm::cuda
