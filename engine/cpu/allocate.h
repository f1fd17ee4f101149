#pragma once

#include "engine/backend.h"

namespace e2lm::cpu {

// Zeroed floats, aligned to the widest vector and a cache line; in large pages where they fill some
// and the system has them.
Array allocate(int64_t floats);

}  // namespace e2lm::cpu
