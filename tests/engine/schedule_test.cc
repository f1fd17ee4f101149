#include "engine/schedule.h"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <set>

#include "tests/support/expect_error.h"

namespace e2lm {
namespace {

constexpr MemoryModel kFree = {};
constexpr int64_t kNoLimit = int64_t{1} << 40;
constexpr int64_t kRows = 4096;

// A device that holds token runs instead of numbers: what a segment continues must be exactly the
// path of its node, whether it comes from this wave, from its branch stack or from a kept slot.
class FakeDevice {
 public:
  explicit FakeDevice(const PrefixTree& tree) : tree_(tree) {}

  void run(const Wave& wave) {
    std::vector<std::vector<int32_t>> ends(wave.segments.size());
    std::vector<std::vector<int32_t>> branches(wave.branch_stack);
    for (size_t s = 0; s < wave.segments.size(); ++s) {
      const Segment& segment = wave.segments[s];
      std::vector<int32_t> path;
      if (segment.source >= 0) {
        ASSERT_TRUE(states_.contains(segment.source)) << "continues a state that is gone";
        path = states_[segment.source];
      } else if (segment.parent >= 0 && segment.parent == static_cast<int32_t>(s) - 1) {
        path = ends[segment.parent];
      } else if (segment.parent >= 0) {
        const int32_t branch = wave.segments[segment.parent].branch;
        ASSERT_GE(branch, 0);
        path = branches[branch];
        EXPECT_EQ(path, ends[segment.parent]) << "the branch stack holds another state";
      }
      EXPECT_EQ(std::ssize(path), segment.position);
      for (int32_t i = 0; i < segment.rows; ++i) {
        EXPECT_EQ(wave.positions[segment.first_row + i], segment.position + i);
        path.push_back(wave.tokens[segment.first_row + i]);
        prefixes_.push_back(path);
      }
      ends[s] = path;
      if (segment.branch >= 0) branches[segment.branch] = path;
      if (segment.keep >= 0) {
        EXPECT_FALSE(rows_.contains(segment.keep)) << "a slot in use is taken again";
        rows_.insert(segment.keep);
        if (segment.keep_state) states_[segment.keep] = path;
      }
    }
    for (const int32_t slot : wave.release_state) EXPECT_EQ(states_.erase(slot), 1u);
    for (const int32_t slot : wave.release_slot) {
      EXPECT_EQ(rows_.erase(slot), 1u);
      EXPECT_FALSE(states_.contains(slot));
    }
  }

  const std::vector<std::vector<int32_t>>& prefixes() const { return prefixes_; }
  size_t slots_left() const { return rows_.size() + states_.size(); }

 private:
  const PrefixTree& tree_;
  std::map<int32_t, std::vector<int32_t>> states_;
  std::set<int32_t> rows_;
  std::vector<std::vector<int32_t>> prefixes_;
};

PrefixTree random_tree(std::mt19937& random, size_t requests, size_t length, int32_t alphabet) {
  std::vector<TokenRequest> list(requests);
  for (TokenRequest& request : list) {
    request.ids.resize(2 + random() % length);
    for (int32_t& id : request.ids) id = static_cast<int32_t>(random() % alphabet);
  }
  return PrefixTree::build(list);
}

TEST(ScheduleTest, OneWaveWhenEverythingFits) {
  const std::vector<TokenRequest> requests = {
      {{1, 2, 3, 4, 0}, 4}, {{1, 2, 5, 6, 0}, 4}, {{1, 2, 5, 7, 0}, 4}, {{8, 0}, 1}};
  const PrefixTree tree = PrefixTree::build(requests);
  const Schedule schedule = make_schedule(tree, kFree, kNoLimit, kRows);
  ASSERT_EQ(schedule.waves.size(), 1u);
  const Wave& wave = schedule.waves[0];
  EXPECT_EQ(schedule.slots, 0);
  EXPECT_EQ(wave.positions, (std::vector<int32_t>{0, 1, 2, 3, 2, 3, 3, 0}));
  ASSERT_EQ(wave.segments.size(), 6u);
  EXPECT_EQ(wave.segments[0].branch, 0) << "12 waits for 5 while 34 runs";
  EXPECT_EQ(wave.segments[1].parent, 0);
  EXPECT_EQ(wave.segments[2].parent, 0);
  EXPECT_EQ(wave.segments[2].branch, 0) << "12 has no child left: its place is free";
  EXPECT_EQ(wave.branch_stack, 1);
  EXPECT_EQ(wave.segments[5].parent, -1);
  EXPECT_EQ(wave.targets, (std::vector<int32_t>{0, 0, 0, 0}));
}

TEST(ScheduleTest, EveryCutKeepsExactlyThePath) {
  std::mt19937 random(11);
  for (int round = 0; round < 60; ++round) {
    const PrefixTree tree =
        random_tree(random, 1 + random() % 60, 1 + random() % 20, 2 + round % 3);
    for (const int64_t rows : {1, 2, 3, 5, 17, 1000}) {
      const Schedule schedule = make_schedule(tree, kFree, kNoLimit, rows);
      FakeDevice device(tree);
      int64_t scored = 0;
      for (const Wave& wave : schedule.waves) {
        EXPECT_LE(wave.rows(), rows);
        device.run(wave);
        scored += std::ssize(wave.scored_rows);
      }
      ASSERT_FALSE(HasFatalFailure());
      EXPECT_EQ(scored, std::ssize(tree.scored_rows()));
      EXPECT_EQ(std::ssize(device.prefixes()), tree.rows());
      EXPECT_EQ(std::set(device.prefixes().begin(), device.prefixes().end()).size(),
                device.prefixes().size())
          << "a prefix is computed twice";
      EXPECT_EQ(device.slots_left(), 0u) << "what was kept is not released";
    }
  }
}

TEST(ScheduleTest, ALongTextGoesThroughInPieces) {
  std::vector<int32_t> ids(100'001);
  for (size_t i = 0; i < ids.size(); ++i) ids[i] = static_cast<int32_t>(i % 7);
  const PrefixTree tree = PrefixTree::build(std::vector<TokenRequest>{{ids, 1}});
  const Schedule schedule = make_schedule(tree, kFree, kNoLimit, kRows);
  EXPECT_EQ(schedule.waves.size(), 25u);
  EXPECT_EQ(schedule.waves[24].segments[0].position, 24 * 4096);
  EXPECT_EQ(schedule.waves[24].segments[0].keep, -1);
}

TEST(ScheduleTest, WavesStayUnderTheLimit) {
  std::mt19937 random(5);
  const PrefixTree tree = random_tree(random, 400, 30, 3);
  const MemoryModel memory = {
      .fixed = 1000, .per_row = 10, .per_kept_row = 4, .per_kept_state = 100};
  const Schedule free = make_schedule(tree, memory, kNoLimit, kRows);
  for (const int64_t limit : {5'000, 8'000, 20'000}) {
    const Schedule schedule = make_schedule(tree, memory, limit, kRows);
    EXPECT_LE(schedule.peak_bytes, limit);
    EXPECT_GT(schedule.waves.size(), free.waves.size());
  }
}

TEST(ScheduleTest, ALimitTooSmallNamesBothNumbers) {
  std::vector<int32_t> ids(5000, 1);
  const PrefixTree tree = PrefixTree::build(std::vector<TokenRequest>{{ids, 1}});
  const MemoryModel memory = {.per_row = 1 << 20, .per_kept_row = 1 << 10};
  expect_error([&] { make_schedule(tree, memory, int64_t{10} << 20, kRows); }, "memory limit",
               "10 MiB", "4999 tokens", "64 MiB");
}

}  // namespace
}  // namespace e2lm
