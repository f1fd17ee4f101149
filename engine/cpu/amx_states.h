#pragma once

#include <vector>

#include "engine/cpu/amx_product.h"

namespace e2lm::cpu {

// The states of an AmxScan's heads before the chunk that each path is in: the current path's, and
// those of paths that wait at a branch. Paths in the same chunk have one together.
class AmxStates {
 public:
  // S of each head.
  struct State {
    std::vector<float> values;    // [heads, N, X], N and X in whole registers
    std::vector<uint16_t> pairs;  // likewise, the right-hand sides [N, X] of products
  };

  AmxStates(Isa isa, int64_t size, int64_t width, int64_t heads);

  void begin_wave(int32_t branch_stack);

  void wait_at(int32_t branch) { waiting_[branch] = current_; }
  // Later branches have been left for good.
  void return_to(int32_t branch);
  void return_to_zero() { current_ = kZero; }  // before a text's first chunk
  bool is_zero() const { return current_ == kZero; }

  // REQUIRES: not zero.
  const float* values(int64_t head) const { return states_[current_].values.data() + at(head); }
  AmxPairs pairs(int64_t head);

  // Another state becomes the current one, which is `before`, null for zero; maybe in its place.
  struct Step {
    const State* before;
    State* after;
  };
  Step step();
  void finish_step();  // its values are there

  int64_t size() const { return size_; }
  int64_t width() const { return width_; }
  int64_t at(int64_t head) const { return head * size_ * width_; }  // of values and pairs

 private:
  static constexpr int32_t kZero = -1;

  bool waits(int32_t state) const;
  int32_t free_state();

  Isa isa_;
  int64_t size_, width_, heads_;  // N and X of whole registers
  std::vector<State> states_;     // never more than paths wait for, and the current one
  std::vector<int32_t> waiting_;  // by place on the branch stack
  int32_t current_ = kZero;
  int32_t next_ = kZero;  // during a step
};

}  // namespace e2lm::cpu
