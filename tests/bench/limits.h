#pragma once

#include "engine/cpu/product.h"

namespace e2lm {

// What this processor gives at most, measured: the rates that benchmarks are shares of.

// FLOP/s of oneDNN's own 512 × 1024 × 4096 product on one thread: the best of many.
double product_rate(cpu::Operand operand);

// Bytes/s of a copy between arrays much larger than the caches on one thread, read and written.
double copy_rate();

}  // namespace e2lm
