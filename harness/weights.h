#pragma once

#include <optional>
#include <string>

#include "engine/checkpoint.h"
#include "harness/manifest.h"
#include "harness/store.h"

namespace e2lm {

// The checkpoint's SHA-256, from the store if these very files were hashed before: same paths,
// sizes, modification times and inodes. Otherwise the files are read, which for large checkpoints
// takes seconds.
std::string known_sha256(Store& store, const Checkpoint& checkpoint);

// Notes which weights a checkpoint of the hub has, so that they need not be there the next time.
void remember_weights(Store& store, const CheckpointRef& ref, const std::string& sha256);

// Weights of a checkpoint of the hub that the store has met: the same content if the hub was asked
// for it, else the same place.
struct KnownWeights {
  int64_t id = 0;
  DType stored = DType::float32;
};
std::optional<KnownWeights> known_weights(const Store& store, const CheckpointRef& ref);

}  // namespace e2lm
