#pragma once

#include <array>

#include "engine/cuda/device.h"
#include "engine/cuda/kernels.h"
#include "engine/cuda/wave_plan.h"

namespace e2lm::cuda {

// Brings a wave's records to the device: one copy a wave, from one of two pieces of host memory, so
// that a wave is planned and packed while the one before is computed.
class WaveBuffer {
 public:
  // Room for waves of up to `sizes`; W is taps. If that cannot be had, what there was stays, or
  // nothing does.
  void prepare(const PlanSizes& sizes, int64_t taps);
  void release();  // gives it back
  int64_t bytes() const { return device_.bytes(); }

  WaveRecords send(const Wave& wave, const WavePlan& plan, Stream stream);

 private:
  struct Side {
    PinnedMemory memory;
    Event passed;
  };
  std::array<Side, 2> sides_;
  int turn_ = 0;
  DeviceMemory device_;
};

// Bytes of a wave's records, at most.
int64_t record_bytes(const PlanSizes& sizes, int64_t taps);

}  // namespace e2lm::cuda
