#pragma once

#include <memory>

#include "engine/backend.h"

namespace e2lm {

// The CPU as a device. `threads` work on a wave together; results do not depend on how many.
std::unique_ptr<Backend> open_cpu_backend(int threads);

}  // namespace e2lm
