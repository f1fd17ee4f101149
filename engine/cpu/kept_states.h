#pragma once

#include <cstdint>
#include <vector>

#include "engine/backend.h"

namespace e2lm::cpu {

// What one kept segment leaves for later waves, for every layer.
struct KeptSlot {
  int32_t parent = -1;  // slot of what it continues; -1 where a text begins
  int64_t rows = 0;
  std::vector<float> kv;    // [L, rows, k (K·P) | v (K·P)]
  std::vector<float> scan;  // [L, E, N] in the scan's own order; empty without a kept state
  std::vector<float> conv;  // [L, W-1, C], nearest row first; likewise
  int64_t recent_rows = 0;
  std::vector<float> recent;  // [L, recent_rows, xbc (C) | times (2·M)]; likewise
};

// A row before a segment's first: row `index` of the wave, or entry `index` of a slot's
// convolution inputs; index -1 is before the text, where inputs are zero.
struct PastRow {
  int32_t slot = -1;
  int32_t index = -1;
};

// The slots between waves. Memory is taken when a wave keeps a segment and given back when the
// schedule releases it.
class KeptStates {
 public:
  // With a `scan_chunk` the scan needs the rows since the last multiple of it on a path, too: its
  // state is the one before them.
  void prepare(const StateShape& shape, int32_t slots, int64_t scan_chunk = 1);
  void begin_wave(const Wave& wave);
  void end_wave(const Wave& wave);

  KeptSlot& slot(int32_t index) { return slots_[index]; }
  const KeptSlot& slot(int32_t index) const { return slots_[index]; }

  float* kv(int32_t slot, int64_t layer, int64_t row);      // [2·K·P]
  float* scan(int32_t slot, int64_t layer);                 // [E, N]
  float* conv(int32_t slot, int64_t layer, int64_t back);   // [C]
  float* recent(int32_t slot, int64_t layer, int64_t row);  // [C + 2·M]

  // The W-1 rows before segment `s` of the wave, nearest first.
  std::span<const PastRow> past(int32_t s) const {
    return std::span(past_).subspan(s * taps_before_, taps_before_);
  }

 private:
  PastRow row_before(const Wave& wave, const Segment& segment, int64_t back) const;

  int64_t recent_width() const { return shape_.conv_channels() + 2 * shape_.mamba_heads; }

  StateShape shape_;
  int64_t scan_chunk_ = 1;
  int64_t taps_before_ = 0;  // W-1
  std::vector<KeptSlot> slots_;
  std::vector<PastRow> past_;  // [segments of the wave, W-1]
};

}  // namespace e2lm::cpu
