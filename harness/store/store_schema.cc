#include "harness/store/store_schema.h"

#include <fmt/format.h>

#include "base/version.h"
#include "harness/import/import_tables.h"
#include "harness/store/store.h"
#include "harness/store/store_upgrade.h"

namespace e2lm {
namespace {

// "e2lm" as the file's application id, so that other SQLite files are not taken for ours.
constexpr int64_t kApplicationId = 0x65326C6D;

// weights_file is for whatever was found out and need not be again: hashes of files as long as
// their stamps are the same, and what known_requests.h says.
constexpr const char* kSchema = R"sql(
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE weights (
  id INTEGER PRIMARY KEY, sha256 TEXT NOT NULL UNIQUE, family TEXT NOT NULL, dtype TEXT NOT NULL,
  parameters INTEGER NOT NULL, bytes INTEGER NOT NULL);
CREATE TABLE request_set (
  id INTEGER PRIMARY KEY, sha256 TEXT NOT NULL UNIQUE, requests INTEGER NOT NULL,
  finish_order BLOB NOT NULL, checksum INTEGER NOT NULL);
CREATE TABLE cell (
  id INTEGER PRIMARY KEY, weights INTEGER NOT NULL REFERENCES weights,
  request_set INTEGER NOT NULL REFERENCES request_set, settings TEXT NOT NULL,
  state TEXT NOT NULL, error TEXT NOT NULL DEFAULT '', seconds REAL NOT NULL DEFAULT 0,
  rows INTEGER NOT NULL DEFAULT 0, program TEXT NOT NULL,
  UNIQUE (weights, request_set, settings));
CREATE TABLE block (
  cell INTEGER NOT NULL REFERENCES cell, first INTEGER NOT NULL, count INTEGER NOT NULL,
  nats BLOB NOT NULL, counts BLOB NOT NULL, checksum INTEGER NOT NULL,
  PRIMARY KEY (cell, first)) WITHOUT ROWID;
CREATE TABLE series (
  name TEXT PRIMARY KEY, position INTEGER, ranking_group TEXT NOT NULL, mix TEXT NOT NULL,
  control_for TEXT NOT NULL, tokenizer_sha256 TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE checkpoint (
  series TEXT NOT NULL, step INTEGER NOT NULL, position INTEGER, tokens REAL NOT NULL,
  path TEXT NOT NULL, weights INTEGER REFERENCES weights, error TEXT NOT NULL DEFAULT '',
  settings TEXT NOT NULL DEFAULT '', PRIMARY KEY (series, step)) WITHOUT ROWID;
CREATE TABLE task (
  name TEXT NOT NULL, content_sha256 TEXT NOT NULL, tokenizer_sha256 TEXT NOT NULL,
  position INTEGER, request_set INTEGER NOT NULL REFERENCES request_set,
  documents INTEGER NOT NULL, items BLOB NOT NULL, metrics TEXT NOT NULL,
  checksum INTEGER NOT NULL, PRIMARY KEY (name, content_sha256, tokenizer_sha256)) WITHOUT ROWID;
CREATE TABLE weights_file (path TEXT PRIMARY KEY, stamp TEXT NOT NULL, sha256 TEXT NOT NULL)
  WITHOUT ROWID;
)sql";

}  // namespace

bool is_empty(const Database& database) {
  return database.number("SELECT count(*) FROM sqlite_master") == 0;
}

int64_t check_identity(const Database& database) {
  // Looked at first: whoever makes the tables sets the numbers in the same transaction, maybe now.
  const bool empty = is_empty(database);
  const int64_t version = database.number("PRAGMA user_version");
  const int64_t application = database.number("PRAGMA application_id");
  if (!empty && application != kApplicationId) {
    throw StoreError(database.path().string(), "is a database of another program", "an e2lm store");
  }
  if (version > Store::kSchemaVersion) {
    Statement writer(database, "SELECT value FROM meta WHERE key = 'written_by'");
    const std::string program = writer.step() ? writer.text(0) : "a later e2lm";
    throw StoreError(
        database.path().string(),
        fmt::format("has schema version {}, written by {}", version, program),
        fmt::format("version {} or older; this is e2lm {}", Store::kSchemaVersion, kVersion));
  }
  return version;
}

void make_schema(Database& database) {
  Transaction transaction(database);
  if (!is_empty(database)) return;  // another program was faster
  database.run(kSchema);
  database.run(kImportSchema);
  database.run(fmt::format("PRAGMA application_id = {}; PRAGMA user_version = {}", kApplicationId,
                           Store::kSchemaVersion));
  Statement(database, "INSERT INTO meta VALUES ('written_by', ?)")
      .bind(fmt::format("e2lm {}", kVersion))
      .finish();
  transaction.commit();
}

void upgrade_schema(Database& database) {
  if (database.number("PRAGMA user_version") == Store::kSchemaVersion) return;
  Transaction transaction(database);
  const int64_t version = database.number("PRAGMA user_version");
  if (version == Store::kSchemaVersion) return;  // another program was faster
  upgrade_store(database, version);
  database.run(fmt::format("PRAGMA user_version = {}", Store::kSchemaVersion));
  transaction.commit();
}

}  // namespace e2lm
