#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "engine/prefix_tree.h"

namespace e2lm {

// A run of neighbouring rows of a wave: (a piece of) one node of the prefix tree. It continues
// another segment of the same wave (`parent`), or what an earlier wave kept (`source`), or, with
// neither, begins a text.
struct Segment {
  int32_t first_row = 0;  // within the wave
  int32_t rows = 0;
  int32_t position = 0;     // of the first row: tokens before it
  int32_t parent = -1;      // an earlier segment of this wave
  int32_t source = -1;      // a kept slot
  int32_t branch = -1;      // where on the wave's branch stack its end state waits for children
                            // other than the next segment; -1 when there are none
  int32_t keep = -1;        // slot that keeps its keys and values for later waves
  bool keep_state = false;  // that slot also keeps the state at its end
};

// Rows computed together, layer by layer. Segments stand in row order, parents before children:
// the tree's depth-first order.
struct Wave {
  struct ScoredRow {
    int32_t row = 0;           // within the wave
    int64_t first_target = 0;  // number of the first of its targets, tree-wide
    int32_t targets = 0;
  };

  int64_t first_row = 0;           // in the tree
  std::vector<int32_t> tokens;     // [R]
  std::vector<int32_t> positions;  // [R]
  std::vector<Segment> segments;
  int32_t branch_stack = 0;  // end states that wait at once, at most
  std::vector<ScoredRow> scored_rows;
  std::vector<int32_t> targets;        // tokens, of all scored rows in order
  std::vector<int32_t> release_state;  // slots whose state nobody needs after this wave
  std::vector<int32_t> release_slot;   // slots nobody needs at all after this wave

  int64_t rows() const { return static_cast<int64_t>(tokens.size()); }
};

// What a wave costs on a device, in bytes. All terms are exact sizes of allocations.
struct MemoryModel {
  int64_t fixed = 0;           // weights, tables, scratch that does not grow
  int64_t per_row = 0;         // activations of a row of the wave
  int64_t per_kept_row = 0;    // keys and values of a row kept for later waves
  int64_t per_kept_state = 0;  // scan state and convolution inputs at the end of a kept segment
};

// The tree cut into waves, with what must stay between them. Rows are taken in their depth-first
// order, so at any cut only the path to the next row is kept: its rows' keys and values, and the
// states of those nodes on it that have children to come.
struct Schedule {
  std::vector<Wave> waves;
  int32_t slots = 0;        // slot numbers used
  int64_t widest_wave = 0;  // rows
  int64_t peak_bytes = 0;   // by the memory model
};

constexpr int64_t kSmallestWave = 64;  // one row tile of a product; shorter ones gain nothing

// Waves of at most `max_rows` rows that stay under `limit_bytes`. With `cuts` a wave begins only at
// one of these rows, the last being the tree's end, and has what lies between two neighbours even
// if that is more than max_rows. Throws Error naming both numbers if even one row tile does not
// fit.
Schedule make_schedule(const PrefixTree& tree, const MemoryModel& memory, int64_t limit_bytes,
                       int64_t max_rows, std::span<const int64_t> cuts = {});

}  // namespace e2lm
