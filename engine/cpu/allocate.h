#pragma once

#include "engine/backend.h"

namespace e2lm::cpu {

// Zeroed floats, aligned to the widest vector and a cache line; in large pages where they fill some
// and the system has them.
Array allocate(int64_t floats);

// The same without values, for those who write all of it: several threads that fill it get its
// pages side by side.
Array allocate_unset(int64_t floats);

}  // namespace e2lm::cpu
