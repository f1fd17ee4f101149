#pragma once

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "engine/cuda/backend.h"
#include "engine/engine.h"

namespace e2lm {

// The devices that tests of the engine run on, one test body for all. Programs that hold the
// emulated card test that; the others test the processor and, where there is one, a card.
inline std::vector<Device> tested_devices() {
#ifdef E2LM_CUDA_EMULATED
  return {Device::cuda};
#else
  return {Device::cpu, Device::cuda};
#endif
}

// Why a test cannot run on a device, or nothing.
inline std::string why_not(Device device, Precision precision) {
  if (device == Device::cpu) return "";
  if (!cuda_is_there()) return describe_cuda();
  if (precision == Precision::bfloat16 && !cuda_has_bfloat16()) {
    return "needs a card with bfloat16 tensor cores: " + describe_cuda();
  }
  return "";
}

}  // namespace e2lm

#define E2LM_SKIP_WITHOUT(device, precision) \
  if (const auto why = e2lm::why_not(device, precision); !why.empty()) GTEST_SKIP() << why
