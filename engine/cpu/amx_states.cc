#include "engine/cpu/amx_states.h"

#include <algorithm>

#include "engine/cpu/bfloat16.h"

namespace e2lm::cpu {

AmxStates::AmxStates(Isa isa, int64_t size, int64_t width, int64_t heads)
    : isa_(isa),
      size_(round_up(size, kAmxInputs)),
      width_(round_up(width, kAmxRows)),
      heads_(heads) {}

void AmxStates::begin_wave(int32_t branch_stack) {
  waiting_.assign(branch_stack, kZero);
  current_ = kZero;
}

void AmxStates::return_to(int32_t branch) {
  current_ = waiting_[branch];
  std::fill(waiting_.begin() + branch + 1, waiting_.end(), kZero);
}

AmxPairs AmxStates::pairs(int64_t head) {
  return {states_[current_].pairs.data() + at(head), size_};
}

bool AmxStates::waits(int32_t state) const {
  return std::ranges::find(waiting_, state) != waiting_.end();
}

// Neither the current one nor one that waits.
int32_t AmxStates::free_state() {
  for (int32_t i = 0;; ++i) {
    if (i == std::ssize(states_)) {
      states_.push_back({std::vector<float>(at(heads_)), std::vector<uint16_t>(at(heads_))});
    }
    if (i != current_ && !waits(i)) return i;
  }
}

AmxStates::Step AmxStates::step() {
  next_ = current_ == kZero || waits(current_) ? free_state() : current_;
  return {current_ == kZero ? nullptr : &states_[current_], &states_[next_]};
}

void AmxStates::finish_step() {
  current_ = next_;
  const float* values = states_[current_].values.data();
  dispatch(isa_, [&]<class Floats>(Floats) E2LM_INLINE {
    for (int64_t head = 0; head < heads_; ++head) {
      const AmxPairs to = pairs(head);
      for (int64_t n = 0; n < size_; n += 2) {
        const float *low = values + at(head) + n * width_, *high = low + width_;
        for (int64_t p = 0; p < width_; p += kLanes) {
          store_pairs(to.at(n, p), load<Floats>(low + p), load<Floats>(high + p));
        }
      }
    }
  });
}

}  // namespace e2lm::cpu
