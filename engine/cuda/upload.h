#pragma once

#include <memory>
#include <span>
#include <stop_token>

#include "engine/cuda/product.h"

namespace e2lm::cuda {

// Brings weights to the device: the host converts one part while the other is on its way, from two
// pieces of host memory that are taken once.
class Uploader {
 public:
  // Once called off, it throws Error before the next part.
  explicit Uploader(Stream stream, std::stop_token called_off = {})
      : stream_(stream), called_off_(std::move(called_off)) {}

  std::unique_ptr<DeviceMatrix> matrix(const HostMatrix& host, Element element);
  std::unique_ptr<DeviceEmbedding> embedding(const Tensor& table);
  DeviceMemory floats(std::span<const float> values);

  // What these take on the device, at most.
  static int64_t matrix_bytes(const HostMatrix& host, Element element);
  static int64_t embedding_bytes(const Tensor& table);

 private:
  struct Side {
    PinnedMemory memory;
    Event passed;
  };

  Side& next_side(int64_t bytes);
  void send(const Tensor& tensor, Element element, Pitched to);
  void finish();

  Stream stream_;
  std::stop_token called_off_;
  Side sides_[2];
  int turn_ = 0;
};

}  // namespace e2lm::cuda
