#pragma once

// Values in the memory of a card, real or emulated. They come and go on the default stream, which
// operations with no stream of their own are queued on, too; a copy from or to plain host memory is
// done there before the call returns.

#include <cstring>
#include <string>
#include <vector>

#include "engine/cuda/device.h"

namespace e2lm::cuda {

template <class V>
class OnCard {
 public:
  explicit OnCard(const std::vector<V>& values) : OnCard(std::ssize(values)) {
    if (values.empty()) return;
    copy_to_device(memory_.as<V>(), values.data(), memory_.bytes(), nullptr);
  }
  explicit OnCard(int64_t count) : memory_(count * static_cast<int64_t>(sizeof(V))) {}  // zeros

  V* data() const { return memory_.as<V>(); }

  // What is there once all that was queued is done.
  std::string bytes() const {
    std::string all(memory_.bytes(), '\0');
    copy_to_host(all.data(), memory_.as<char>(), memory_.bytes(), nullptr);
    return all;
  }
  std::vector<V> values() const {
    const std::string all = bytes();
    std::vector<V> values(all.size() / sizeof(V));
    std::memcpy(values.data(), all.data(), all.size());
    return values;
  }

 private:
  DeviceMemory memory_;
};

}  // namespace e2lm::cuda
