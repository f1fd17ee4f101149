#pragma once

#include <vector>

#include "engine/cpu/amx_scan.h"
#include "engine/schedule.h"

namespace e2lm::cpu {

// Scans of all heads, in pieces for so many threads.
std::vector<AmxScan> amx_scans(Isa isa, const StateShape& shape, int threads);

// What they take for a tree, and what they need of each kept state besides the state.
MemoryModel amx_scan_memory(const StateShape& shape, int threads, const PrefixTree& tree);

}  // namespace e2lm::cpu
