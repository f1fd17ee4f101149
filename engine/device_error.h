#pragma once

#include "base/error.h"

namespace e2lm {

// The device has no room for what was asked; smaller waves may fit.
class OutOfDeviceMemory : public Error {
 public:
  using Error::Error;
};

// The device answers this process no more: after a kernel's fault (an illegal address, memory that
// could not be corrected, a card that fell off the bus) CUDA refuses whatever comes next. Nothing
// else can be computed on it until the program is started anew.
class DeviceLost : public Error {
 public:
  using Error::Error;
};

}  // namespace e2lm
