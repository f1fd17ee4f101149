#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace e2lm {

// What a metric says of each item of a task at each checkpoint of a series; empty where only
// the checkpoints' scores are known.
class ItemValues {
 public:
  // One more checkpoint. REQUIRES: as many items as the checkpoints before.
  void add(std::span<const float> values);

  bool empty() const { return items_ == 0; }
  int64_t items() const { return items_; }
  int64_t checkpoints() const { return empty() ? 0 : std::ssize(values_) / items_; }

  std::span<const float> at(int64_t checkpoint) const {  // [items]
    return std::span(values_).subspan(checkpoint * items_, items_);
  }

 private:
  int64_t items_ = 0;
  std::vector<float> values_;  // [checkpoints, items]
};

}  // namespace e2lm
