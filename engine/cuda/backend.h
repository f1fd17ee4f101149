#pragma once

#include <cstdint>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

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

struct CudaCard {
  bool new_enough = false, has_bfloat16 = false;
  std::string what;  // "NVIDIA H200, compute capability 9.0, 139.8 GiB"
};
std::vector<CudaCard> list_cuda_cards();

// What the first one is, or why there is none.
std::string describe_cuda();

// Makes one card the first and only one of this process, by CUDA_VISIBLE_DEVICES, which the driver
// reads when it is first asked: the runtime's own choice would have to be made on every thread.
// Throws Error if the variable lets this process see fewer cards.
void choose_cuda_card(int index);

}  // namespace e2lm
