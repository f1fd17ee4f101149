#pragma once

#include "harness/store/store.h"

namespace e2lm {

// Makes of a new store what the program left when `version` was the present one (store_upgrade.h).
// Only what later versions added is taken away: items of tasks stay packed as they are.
inline void make_older(Store& store, int64_t version) {
  Database& database = store.database();
  if (version < 5) {
    for (const char* table : {"block", "request_set", "task", "import_items"}) {
      database.run(std::string("ALTER TABLE ") + table + " DROP COLUMN checksum");
    }
  }
  if (version < 4) {
    database.run(
        "DROP TABLE import_file; DROP TABLE import_series; DROP TABLE import_score;"
        "DROP TABLE import_items; DROP TABLE import_mean");
  }
  if (version < 2) database.run("ALTER TABLE checkpoint DROP COLUMN settings");
  database.run("PRAGMA user_version = " + std::to_string(version));
}

}  // namespace e2lm
