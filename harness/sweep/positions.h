#pragma once

#include <cstdint>

#include "harness/manifest/manifest.h"
#include "harness/store/store.h"

namespace e2lm {

// The fewest positions that a model of the manifest has: requests that must be cut are cut alike
// for all. Of a checkpoint that cannot be read now, as one that was deleted, they are what the
// store remembers: else the others' requests, and with them all results, would be other ones
// without it.
int64_t fewest_positions(const Manifest& manifest, Store& store);

}  // namespace e2lm
