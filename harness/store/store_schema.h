#pragma once

#include <cstdint>

#include "harness/store/sqlite.h"

// The tables of a store, and which program's and version's a database is.

namespace e2lm {

// Whether it holds no table yet.
bool is_empty(const Database& database);

// The schema version. Throws StoreError for another program's database, or a later e2lm's.
int64_t check_identity(const Database& database);

// Makes the tables, unless another program was faster.
void make_schema(Database& database);

// Brings an older store up to date, unless another program was faster.
void upgrade_schema(Database& database);

}  // namespace e2lm
