// Units and wave plans, against the tree they come from: every row can see and continue exactly
// what its path says, whatever the wave it lies in.

#include <gtest/gtest.h>

#include <map>
#include <random>

#include "engine/cuda/wave_plan.h"

namespace e2lm::cuda {
namespace {

// Texts that branch at random depths, some longer than a unit.
PrefixTree random_tree(uint32_t seed, int texts, int longest) {
  std::mt19937 random(seed);
  std::vector<TokenRequest> requests;
  for (int i = 0; i < texts; ++i) {
    TokenRequest request{.first_scored = 1};
    if (i > 0 && random() % 4 != 0) {  // begins as an earlier one does
      const auto& other = requests[random() % requests.size()].ids;
      request.ids.assign(other.begin(), other.begin() + static_cast<long>(random() % other.size()));
    }
    const size_t more = 2 + random() % longest;
    for (size_t t = 0; t < more; ++t) request.ids.push_back(static_cast<int32_t>(random() % 9));
    requests.push_back(std::move(request));
  }
  return PrefixTree::build(requests);
}

// The rows of each row's path, from the tree's nodes alone.
std::vector<std::vector<int64_t>> paths_of(const PrefixTree& tree) {
  std::vector<std::vector<int64_t>> paths;
  for (const PrefixTree::Node& node : tree.nodes()) {
    std::vector<int64_t> path;
    if (node.parent >= 0) {
      const PrefixTree::Node& above = tree.nodes()[node.parent];
      path = paths[above.first_row + above.rows - 1];
    }
    for (int64_t row = node.first_row; row < node.first_row + node.rows; ++row) {
      path.push_back(row);
      paths.push_back(path);
    }
  }
  return paths;
}

PrefixTree chain(int rows) {
  TokenRequest request{.first_scored = 1};
  for (int i = 0; i <= rows; ++i) request.ids.push_back(i);
  return PrefixTree::build(std::vector{request});
}

TEST(Units, AShortTextIsOneUnit) {
  const auto units = cut_units(chain(100));
  ASSERT_EQ(units.size(), 1U);
  EXPECT_EQ(units[0].rows, 100);
  EXPECT_EQ(units[0].parent_row, -1);
}

TEST(Units, ALongTextIsCutIntoPiecesThatContinueEachOther) {
  const auto units = cut_units(chain(600));
  ASSERT_EQ(units.size(), 3U);
  EXPECT_EQ(units[0].rows, 256);
  EXPECT_EQ(units[1].rows, 256);
  EXPECT_EQ(units[2].rows, 88);
  EXPECT_EQ(units[1].parent_row, 255);
  EXPECT_EQ(units[2].parent_row, 511);
}

TEST(Units, ShortTextsShareAUnit) {
  std::vector<TokenRequest> requests;
  for (int i = 0; i < 10; ++i) requests.push_back({{i, 1, 2, 3, 4}, 1});
  const auto units = cut_units(PrefixTree::build(requests), 16);
  ASSERT_EQ(units.size(), 3U);  // of four texts of four rows each, and two
  EXPECT_EQ(units[0].rows, 16);
  EXPECT_EQ(units[2].rows, 8);
  EXPECT_EQ(units[2].parent_row, -1);
}

TEST(Units, ManyQuestionsAfterOnePrefixStartWithItsState) {
  std::vector<TokenRequest> requests;
  for (int i = 0; i < 10; ++i) requests.push_back({{100, 101, 102, i, 1, 2, 3}, 4});
  const auto units = cut_units(PrefixTree::build(requests), 16);
  EXPECT_EQ(units[0].rows, 3);
  for (size_t u = 1; u < units.size(); ++u) EXPECT_EQ(units[u].parent_row, 2);
  EXPECT_EQ(units.size(), 3U);  // five questions of three rows share a unit of sixteen
}

class Plans : public testing::TestWithParam<int> {};

// Waves of `rows` rows and more, at cuts of units.
std::vector<Wave> waves_of(const PrefixTree& tree, const std::vector<Unit>& units, int64_t rows) {
  std::vector<int64_t> cuts;
  for (const Unit& unit : units) cuts.push_back(unit.end());
  return make_schedule(tree, {}, 1, rows, cuts).waves;
}

TEST_P(Plans, UnitsCoverTheTreeAndDescendFromTheirParentRow) {
  const PrefixTree tree = random_tree(GetParam(), 60, 40);
  const auto paths = paths_of(tree);
  int64_t next = 0;
  for (const Unit& unit : cut_units(tree, 32)) {
    EXPECT_EQ(unit.first_row, next);
    EXPECT_GT(unit.rows, 0);
    EXPECT_LE(unit.rows, 32);
    next = unit.end();
    for (int64_t row = unit.first_row; row < unit.end(); ++row) {
      // Above the unit's rows its path ends with the parent row.
      int64_t above = -1;
      for (const int64_t r : paths[row]) {
        if (r < unit.first_row) above = r;
      }
      EXPECT_EQ(above, unit.parent_row) << "row " << row;
    }
  }
  EXPECT_EQ(next, tree.rows());
}

// A device of names: keys are row numbers, cached by position; states and kept convolution inputs
// are the paths they were made from. All that kernels read must be what the tree says.
TEST_P(Plans, EveryRowReadsItsPath) {
  const PrefixTree tree = random_tree(GetParam(), 60, 40);
  const auto paths = paths_of(tree);
  constexpr int64_t kTaps = 4, kBefore = kTaps - 1;
  for (const auto& [unit_rows, rows] :
       {std::pair(32, 1), {32, 40}, {32, 100}, {32, 100000}, {kUnitRows, 1}, {kUnitRows, 100000}}) {
    const auto units = cut_units(tree, unit_rows);
    const auto waves = waves_of(tree, units, rows);
    const PlanSizes sizes = WavePlanner::measure(tree, units, kTaps, waves);
    WavePlanner planner(tree, units, kTaps);
    std::vector<int64_t> cache(tree.longest(), -1);
    std::map<StateRef, std::vector<int64_t>> kept_states;
    std::map<int32_t, int64_t> kept_inputs;
    for (const Wave& wave : waves) {
      const WavePlan plan = planner.next(wave);
      const int64_t begin = wave.first_row;
      std::map<StateRef, std::vector<int64_t>> states = kept_states;

      // States, level by level.
      size_t level = 0;
      std::map<StateRef, std::vector<int64_t>> made;
      for (size_t j = 0; j < plan.jobs.size(); ++j) {
        if (static_cast<int32_t>(j) == plan.level_ends[level]) {
          for (const auto& [ref, path] : made) states[ref] = path;
          made.clear();
          ++level;
        }
        const StateJob& job = plan.jobs[j];
        const UnitRecord& unit = plan.units[job.unit];
        ASSERT_TRUE(unit.start == kNoState || states.count(unit.start)) << "a state of no level";
        std::vector<int64_t> path =
            unit.start == kNoState ? std::vector<int64_t>{} : states[unit.start];
        for (int32_t s = unit.first_row; s <= job.row; ++s) {
          if (job.row < plan.until[s]) path.push_back(begin + s);
        }
        ASSERT_EQ(path, paths[begin + job.row]);
        made[job.out] = path;
        if (job.out <= kept_state(0)) kept_states[job.out] = path;
      }
      for (const auto& [ref, path] : made) states[ref] = path;

      // Outputs.
      int32_t seen_before = 0;
      for (const TileRecord& tile : plan.tiles) {
        const UnitRecord& unit = plan.units[tile.unit];
        EXPECT_EQ(tile.first_seen_tile, seen_before);
        seen_before += seen_tiles(tile);
        EXPECT_LE(seen_tiles(tile), kMostSeenTiles);
        EXPECT_GT(plan.until[tile.first_seen], tile.first_row);  // no earlier than need be
        for (int32_t k = 0; k < tile.keys - tile.rows; ++k) {
          const KeyRecord& key = plan.keys[tile.first_key + k];
          EXPECT_EQ(k < tile.common_keys, key.until >= tile.first_row + tile.rows);
        }
        EXPECT_LE(tile.common_keys, tile.keys - tile.rows);  // its own rows come one by one
        for (int32_t r = tile.first_row; r < tile.first_row + tile.rows; ++r) {
          std::vector<int64_t> scanned =
              unit.start == kNoState ? std::vector<int64_t>{} : states.at(unit.start);
          for (int32_t s = tile.first_seen; s <= r; ++s) {
            if (r < plan.until[s]) scanned.push_back(begin + s);
          }
          EXPECT_EQ(scanned, paths[begin + r]);
          std::vector<int64_t> seen;
          for (int64_t k = tile.first_key; k < tile.first_key + tile.keys; ++k) {
            const KeyRecord& key = plan.keys[k];
            if (key.row > r || r >= key.until) continue;
            seen.push_back(key.row >= 0 ? begin + key.row : cache[cached_key(key.row)]);
          }
          EXPECT_EQ(seen, paths[begin + r]);
        }
      }

      EXPECT_EQ(plan.seen_tiles, seen_before);
      EXPECT_LE(plan.seen_tiles, sizes.seen_tiles);

      // Convolution inputs, nearest first.
      const auto input = [&](int32_t tap) {
        if (tap == kNoRow) return int64_t{-1};
        return tap >= 0 ? begin + tap : kept_inputs.at(kept_index(tap));
      };
      for (int64_t r = 0; r < wave.rows(); ++r) {
        const auto& path = paths[begin + r];
        for (int64_t back = 0; back < kBefore; ++back) {
          const int64_t at = std::ssize(path) - 2 - back;
          EXPECT_EQ(input(plan.taps[r * kBefore + back]), at >= 0 ? path[at] : -1);
        }
        const int32_t before = plan.parent[r];
        if (before >= 0) {
          EXPECT_EQ(begin + before, path[path.size() - 2]);
        }
      }
      std::map<int32_t, int64_t> kept_now;
      for (size_t j = 0; j < plan.kept_tail_slots.size(); ++j) {
        for (int64_t back = 0; back < kBefore; ++back) {
          kept_now[static_cast<int32_t>(plan.kept_tail_slots[j] * kBefore + back)] =
              input(plan.kept_tails[j * kBefore + back]);
        }
      }
      for (const auto& [place, row] : kept_now) kept_inputs[place] = row;
      for (const CachedRow& cached : plan.cached_rows) cache[cached.position] = begin + cached.row;

      EXPECT_LE(std::ssize(plan.keys), sizes.keys);
      EXPECT_LE(plan.layer_states, sizes.layer_states);
      for (const auto& [ref, path] : kept_states) EXPECT_LT(kept_index(ref), sizes.kept_states);
    }
  }
}

TEST_P(Plans, TilesDoNotDependOnWaves) {
  const PrefixTree tree = random_tree(GetParam(), 40, 300);
  const auto units = cut_units(tree);
  const auto tiles_at = [&](int64_t rows) {
    std::vector<std::tuple<int64_t, int32_t, int32_t>> tiles;
    WavePlanner planner(tree, units, 4);
    for (const Wave& wave : waves_of(tree, units, rows)) {
      for (const TileRecord& tile : planner.next(wave).tiles) {
        tiles.emplace_back(wave.first_row + tile.first_row, tile.rows, tile.keys);
      }
    }
    return tiles;
  };
  EXPECT_EQ(tiles_at(1), tiles_at(1 << 20));
  EXPECT_EQ(tiles_at(700), tiles_at(1 << 20));
}

INSTANTIATE_TEST_SUITE_P(Seeds, Plans, testing::Range(0, 8));

}  // namespace
}  // namespace e2lm::cuda
