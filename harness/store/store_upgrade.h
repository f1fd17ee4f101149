#pragma once

#include <cstdint>

#include "harness/store/sqlite.h"

namespace e2lm {

// Brings a store of an older schema version to the present one, in a transaction of the caller's.
//   1 → 2  engine settings stand with each checkpoint, not once for all
//   2 → 3  items of tasks have golds, windows, words and bytes (item_blob.h)
//   3 → 4  imported results have tables (import/import_tables.h)
//   4 → 5  rows that hold results have checksums (checksum.h)
void upgrade_store(Database& database, int64_t from);

}  // namespace e2lm
