#pragma once

#include <vector>

#include "harness/manifest/manifest.h"

namespace e2lm {

// Brings a sweep the checkpoints that are not on this disk, each when its turn comes.
class CheckpointSource {
 public:
  virtual ~CheckpointSource() = default;

  // Those that the sweep will ask for, in this order.
  virtual void expect(const std::vector<CheckpointRef>& refs) = 0;
  // Returns when the checkpoint is in its folder. Throws Error if it cannot be had, Interrupted.
  virtual void obtain(const CheckpointRef& ref) = 0;
  // The sweep is through with it.
  virtual void release(const CheckpointRef& ref) = 0;
};

}  // namespace e2lm
