#include "engine/cpu/kept_states.h"

namespace e2lm::cpu {
namespace {

void free_memory(std::vector<float>& values) {
  std::vector<float>().swap(values);
}

}  // namespace

void KeptStates::prepare(const StateShape& shape, int32_t slots, int64_t scan_chunk) {
  shape_ = shape;
  scan_chunk_ = scan_chunk;
  taps_before_ = shape.mamba_heads > 0 ? shape.conv_taps - 1 : 0;
  slots_.assign(slots, {});
}

void KeptStates::begin_wave(const Wave& wave) {
  past_.assign(wave.segments.size() * taps_before_, {});
  for (size_t s = 0; s < wave.segments.size(); ++s) {
    const Segment& segment = wave.segments[s];
    for (int64_t back = 0; back < taps_before_; ++back) {
      past_[s * taps_before_ + back] = row_before(wave, segment, back);
    }
    if (segment.keep < 0) continue;
    KeptSlot& kept = slots_[segment.keep];
    kept.parent = segment.parent >= 0 ? wave.segments[segment.parent].keep : segment.source;
    kept.rows = segment.rows;
    kept.kv.resize(shape_.layers * segment.rows * 2 * shape_.kv_heads * shape_.head_width);
    if (!segment.keep_state || shape_.mamba_heads == 0) continue;
    kept.scan.resize(shape_.layers * shape_.inner_width() * shape_.state_size);
    kept.conv.resize(shape_.layers * taps_before_ * shape_.conv_channels());
    kept.recent_rows = (segment.position + segment.rows) % scan_chunk_;
    kept.recent.resize(shape_.layers * kept.recent_rows * recent_width());
  }
}

void KeptStates::end_wave(const Wave& wave) {
  const auto release_state = [this](int32_t slot) {
    free_memory(slots_[slot].scan);
    free_memory(slots_[slot].conv);
    free_memory(slots_[slot].recent);
  };
  for (const int32_t slot : wave.release_state) release_state(slot);
  for (const int32_t slot : wave.release_slot) {
    free_memory(slots_[slot].kv);
    release_state(slot);
  }
}

// The row `back` + 1 before a segment's first one, on its path.
PastRow KeptStates::row_before(const Wave& wave, const Segment& segment, int64_t back) const {
  if (segment.source >= 0) return {segment.source, static_cast<int32_t>(back)};
  if (segment.parent < 0) return {};
  const Segment& parent = wave.segments[segment.parent];
  if (back < parent.rows)
    return {-1, static_cast<int32_t>(parent.first_row + parent.rows - 1 - back)};
  return past(segment.parent)[back - parent.rows];
}

float* KeptStates::kv(int32_t slot, int64_t layer, int64_t row) {
  const int64_t width = 2 * shape_.kv_heads * shape_.head_width;
  return slots_[slot].kv.data() + (layer * slots_[slot].rows + row) * width;
}

float* KeptStates::scan(int32_t slot, int64_t layer) {
  return slots_[slot].scan.data() + layer * shape_.inner_width() * shape_.state_size;
}

float* KeptStates::recent(int32_t slot, int64_t layer, int64_t row) {
  KeptSlot& kept = slots_[slot];
  return kept.recent.data() + (layer * kept.recent_rows + row) * recent_width();
}

float* KeptStates::conv(int32_t slot, int64_t layer, int64_t back) {
  return slots_[slot].conv.data() + (layer * taps_before_ + back) * shape_.conv_channels();
}

}  // namespace e2lm::cpu
