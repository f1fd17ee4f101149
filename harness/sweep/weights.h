#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "engine/checkpoint.h"
#include "harness/manifest/manifest.h"
#include "harness/store/store.h"

namespace e2lm {

// The SHA-256 of the checkpoint in the folder, from the store if these very files were hashed
// before: same paths and stamps. Otherwise the files are read, which for large checkpoints takes
// seconds; and read again next time if they were written within two seconds of now, when a change
// might not show in their times.
std::string known_sha256(Store& store, const Path& folder);

// The same if these very files were hashed before, else "".
std::string hashed_sha256(const Store& store, const Path& folder);

// The same of the bytes of a tokenizer's files; equal ones are equal tokenizers.
std::string known_tokenizer_sha256(Store& store, const Path& path);

struct HashOptions {
  int threads = 1;
  bool quiet = true;           // no progress
  std::function<bool()> stop;  // asked before each checkpoint
};

// Hashes, several at once, those of these checkpoint folders that the store does not know yet, so
// that known_sha256 need not. What cannot be read is passed over: who opens it says why. Throws
// Interrupted where asked to stop; what was hashed is kept.
void hash_ahead(Store& store, const std::vector<Path>& folders, const HashOptions& options);

// Notes which weights a checkpoint of the hub has, so that they need not be there the next time.
void remember_weights(Store& store, const CheckpointRef& ref, const std::string& sha256);

// Weights that the store has met.
struct KnownWeights {
  int64_t id = 0;
  DType stored = DType::float32;
};

// Those that lay in a folder when it was last read, wherever it was named from.
std::optional<KnownWeights> weights_of_place(const Store& store, const Path& folder);
std::string place_name(const Path& folder);

// Those of a checkpoint of the hub: of the same content if the hub was asked for it, else of the
// same place.
std::optional<KnownWeights> known_weights(const Store& store, const CheckpointRef& ref);

}  // namespace e2lm
