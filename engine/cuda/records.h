#pragma once

// Records that the host plans and kernels read, so this header is C++17 without any library. Rows
// are those of the wave, counted from 0.

#include <cstdint>

#include "engine/cuda/bfloat16.h"

namespace e2lm::cuda {

// Where the scan state after a parent row lies: kNoState before a text, >= 0 in the room that one
// layer uses and the next overwrites, <= -2 in the room kept for later waves, for every layer.
using StateRef = int32_t;
constexpr StateRef kNoState = -1;
constexpr StateRef kept_state(int32_t index) {
  return -2 - index;
}
constexpr int32_t kept_index(StateRef ref) {
  return -2 - ref;
}

// A row that feeds a convolution: >= 0 a row of the wave, kNoRow before the text (zeros), <= -2
// entry number kept_index of the kept convolution inputs, [kept states, W-1].
constexpr int32_t kNoRow = -1;

constexpr int32_t kUnitRows = 256;  // at most; worked on in tiles of
constexpr int32_t kTileRows = 64;

struct UnitRecord {
  int32_t first_row;
  int32_t rows;    // at most kUnitRows
  StateRef start;  // the state its rows begin with
};

// Up to kTileRows neighbouring rows of a unit, and the keys that any of them can see:
// keys [first_key, first_key + keys), in the order of their positions, the tile's own rows last.
struct TileRecord {
  int32_t unit;
  int32_t first_row;
  int32_t rows;
  int32_t first_seen;       // of the unit's rows that the tile's descend from, itself among them
  int32_t first_seen_tile;  // number of the first of its seen_tiles() in the wave
  int32_t keys;
  int32_t common_keys;  // the first of them, which all rows of the tile see
  int64_t first_key;
};

// How many pieces of kTileRows the rows of a unit that a tile sees are, the last one its own end.
constexpr int32_t kMostSeenTiles = kUnitRows / kTileRows;
E2LM_BOTH inline int32_t seen_tiles(const TileRecord& tile) {
  return (tile.first_row + tile.rows - tile.first_seen + kTileRows - 1) / kTileRows;
}

// A key/value row and how far it can be seen: by the rows from itself to before `until`, which are
// its descendants because rows are numbered depth first.
struct KeyRecord {
  int32_t row;  // of the wave; or cached_key(position) of the path that earlier waves left
  int32_t until;
};
constexpr int32_t cached_key(int32_t position) {
  return -1 - position;
}

// The state after `row`, from the state its unit starts with and the rows above it in the unit.
struct StateJob {
  int32_t unit;
  int32_t row;
  StateRef out;
};

// A row whose keys and values later waves see, at their position.
struct CachedRow {
  int32_t row;
  int32_t position;
};

// A row with logits, and its targets in the wave's list.
struct ScoredRecord {
  int32_t row;
  int32_t first_target;
  int32_t targets;
};

// Log-probability of one target, as it comes back to the host.
struct ScoreRecord {
  double logprob_nats;
  int32_t greedy;
  int32_t unused;
};

}  // namespace e2lm::cuda
