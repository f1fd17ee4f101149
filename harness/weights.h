#pragma once

#include <string>

#include "engine/checkpoint.h"
#include "harness/store.h"

namespace e2lm {

// The checkpoint's SHA-256, from the store if these very files were hashed before: same paths,
// sizes, modification times and inodes. Otherwise the files are read, which for large checkpoints
// takes seconds; and read again next time if they were written within two seconds of now, when a
// change might not show in their times.
std::string known_sha256(Store& store, const Checkpoint& checkpoint);

}  // namespace e2lm
