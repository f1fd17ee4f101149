#pragma once

#include <functional>

#include "engine/cpu/product.h"

namespace e2lm {

// What this processor gives at most, measured: the rates that benchmarks are shares of. A neighbour
// on the same core can halve them for seconds, so the best that was ever seen counts, here and in
// the benchmarks.

// Seconds of the fastest of several runs.
double best_seconds(int repeats, const std::function<void()>& work);

// FLOP/s of oneDNN's own 512 × 1024 × 4096 product on one thread; measured anew with every call.
double product_rate(cpu::Operand operand);

// Bytes/s of a copy between arrays much larger than the caches on one thread, read and written.
double copy_rate();

}  // namespace e2lm
