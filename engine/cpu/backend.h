#pragma once

#include <memory>

#include "engine/backend.h"
#include "engine/precision.h"

namespace e2lm {

// The CPU as a device. `threads` work on a wave together; results do not depend on how many.
std::unique_ptr<Backend> open_cpu_backend(int threads, Precision precision);

// Whether this processor multiplies bfloat16 numbers faster than float32 numbers. Where it does not
// multiply them itself at all (AVX-512 BF16), products in bfloat16 have the same roundings at the
// speed and size of float32.
bool cpu_has_fast_bfloat16();

}  // namespace e2lm
