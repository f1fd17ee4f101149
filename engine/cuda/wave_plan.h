#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "engine/cuda/records.h"
#include "engine/cuda/units.h"
#include "engine/prefix_tree.h"
#include "engine/schedule.h"

namespace e2lm::cuda {

// More rows in a wave gain no speed; fewer leave parts of a large card idle.
constexpr int64_t kMaxWaveRows = 16384;

// All that kernels need to know of one wave. [R] is its rows, W the convolution's taps.
struct WavePlan {
  std::vector<int32_t> until;   // [R] one past the last row of the wave that descends from the row
  std::vector<int32_t> parent;  // [R] the row before on its path, -1 if that is not in its unit
  std::vector<int32_t> taps;    // [R, W-1] the rows before on its path, nearest first
  std::vector<UnitRecord> units;
  std::vector<TileRecord> tiles;
  std::vector<KeyRecord> keys;
  std::vector<StateJob> jobs;            // by level: those of a level need states of levels before
  std::vector<int32_t> level_ends;       // into jobs
  std::vector<int32_t> kept_tails;       // [kept jobs, W-1] rows whose convolution inputs are kept,
  std::vector<int32_t> kept_tail_slots;  // [kept jobs] where: kept states by index
  std::vector<CachedRow> cached_rows;    // whose keys and values are cached when the wave is done
  int32_t layer_states = 0;              // states that live within a layer
  int32_t seen_tiles = 0;                // of all tiles
};

// The most that any wave of a schedule needs.
struct PlanSizes {
  int64_t rows = 0, units = 0, tiles = 0, keys = 0, jobs = 0, kept_jobs = 0, cached_rows = 0;
  int64_t layer_states = 0, seen_tiles = 0;
  int64_t kept_states = 0;  // alive at once
  int64_t scored_rows = 0, targets = 0;
};

// Plans the waves of a tree, in their order. States that later waves need get a place of their own
// until the last unit that starts with them is done; other states live within a layer.
class WavePlanner {
 public:
  // `taps` is W, 0 for a model without states. The tree must outlive the planner.
  WavePlanner(const PrefixTree& tree, const std::vector<Unit>& units, int64_t taps);

  // REQUIRES: the wave holds whole units and begins where the last one ended.
  WavePlan next(const Wave& wave);

  // Plans all waves and says what they need, from the beginning.
  static PlanSizes measure(const PrefixTree& tree, const std::vector<Unit>& units, int64_t taps,
                           const std::vector<Wave>& waves);

 private:
  struct Parent {
    int64_t last_unit = -1;  // that starts with the state after the row
  };

  int32_t node_of(int64_t row) const;
  int64_t row_before(int32_t node, int64_t row) const;
  StateRef place(int64_t parent_row) const;
  int32_t tap(int64_t row, int64_t kept_row, int64_t steps) const;

  void add_rows(WavePlan& plan);
  void add_taps(int32_t node, int64_t row, std::vector<int32_t>& to) const;
  void add_units(WavePlan& plan);
  void add_tiles(WavePlan& plan) const;
  int32_t first_seen(const Unit& unit, int64_t row) const;
  int32_t add_tile_keys(int64_t first_row, int64_t end_row, WavePlan& plan) const;
  void add_jobs(WavePlan& plan);
  void add_cached_rows(WavePlan& plan) const;
  void release();
  int32_t take_kept();

  const PrefixTree& tree_;
  const std::vector<Unit>& units_;
  int64_t taps_before_;                     // W-1, or 0
  std::map<int64_t, Parent> parents_;       // rows whose states are needed
  int64_t begin_ = 0, end_ = 0;             // rows of the wave being planned
  int64_t first_unit_ = 0, last_unit_ = 0;  // its units [first, last)
  std::map<int64_t, StateRef> states_;      // of parent rows: of this wave, and kept ones
  std::vector<int32_t> free_kept_;
  int32_t kept_used_ = 0;
};

}  // namespace e2lm::cuda
