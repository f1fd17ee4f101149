#pragma once

#include <memory>
#include <span>

#include "engine/cuda/product.h"

namespace e2lm::cuda {

// Brings weights to the device: the host converts one part while the other is on its way, from two
// pieces of host memory that are taken once.
class Uploader {
 public:
  explicit Uploader(Stream stream) : stream_(stream) {}

  std::unique_ptr<DeviceMatrix> matrix(const HostMatrix& host, Element element);
  std::unique_ptr<DeviceEmbedding> embedding(const Tensor& table);
  DeviceMemory floats(std::span<const float> values);

 private:
  struct Side {
    PinnedMemory memory;
    Event passed;
  };

  Side& next_side(int64_t bytes);
  void send(const Tensor& tensor, Element element, Pitched to);
  void finish();

  Stream stream_;
  Side sides_[2];
  int turn_ = 0;
};

}  // namespace e2lm::cuda
