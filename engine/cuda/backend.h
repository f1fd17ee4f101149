#pragma once

#include <cstdint>
#include <memory>
#include <stop_token>
#include <string>

#include "engine/backend.h"
#include "engine/precision.h"

// A card as a device. In a build without CUDA absent.cc has the same functions, and says so.
namespace e2lm {

// While a backend takes weights: bytes it may take on the card (0: all that is free) before it
// throws OutOfDeviceMemory, and who may call it off, which is an Error too.
struct CudaLimits {
  int64_t weight_bytes = 0;
  std::stop_token called_off = {};
};

// Throws Error if there is no card, if it is too old or cannot do `precision`, or if cuBLASLt is
// missing.
void check_cuda(Precision precision);

// The first card, checked.
std::unique_ptr<Backend> open_cuda_backend(Precision precision, const CudaLimits& limits = {});

// Whether open_cuda_backend would find a card, and whether that multiplies bfloat16 numbers itself.
bool cuda_is_there();
bool cuda_has_bfloat16();

// "NVIDIA H200, compute capability 9.0, 139.8 GiB", or why there is none.
std::string describe_cuda();

}  // namespace e2lm
