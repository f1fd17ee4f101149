#include "harness/store/store_upgrade.h"

#include <fmt/format.h>

#include <string>
#include <utility>
#include <vector>

#include "harness/import/import_tables.h"
#include "harness/store/checksum.h"
#include "harness/store/item_blob.h"

namespace e2lm {
namespace {

void give_checkpoints_settings(Database& database) {
  database.run(
      "ALTER TABLE checkpoint ADD COLUMN settings TEXT NOT NULL DEFAULT '';"
      "UPDATE checkpoint SET settings = (SELECT value FROM meta WHERE key = 'settings')"
      "  WHERE EXISTS (SELECT 1 FROM meta WHERE key = 'settings');");
}

// Each task's items, old layout read, new one written.
void repack_items(Database& database) {
  struct Row {
    std::string name, content, tokenizer;
    std::vector<ItemShape> items;
  };
  std::vector<Row> rows;
  Statement find(database, "SELECT name, content_sha256, tokenizer_sha256, items FROM task");
  while (find.step()) {
    rows.push_back({find.text(0), find.text(1), find.text(2),
                    unpack_items_before_3(database.path(), find.bytes(3))});
  }
  for (const Row& row : rows) {
    const std::vector<int32_t> items = pack_items(row.items);
    Statement(database,
              "UPDATE task SET items = ?1 WHERE name = ?2 AND content_sha256 = ?3 "
              "AND tokenizer_sha256 = ?4")
        .bind_bytes(std::as_bytes(std::span(items)))
        .bind(row.name)
        .bind(row.content)
        .bind(row.tokenizer)
        .finish();
  }
}

// What is there now is taken for right.
void add_checksum(Database& database, const char* table, const char* checksum) {
  database.run(
      fmt::format("ALTER TABLE {0} ADD COLUMN checksum INTEGER NOT NULL DEFAULT 0;"
                  "UPDATE {0} SET checksum = {1}",
                  table, checksum));
}

void add_checksums(Database& database, bool to_imports) {
  add_checksum(database, "block", kBlockChecksum);
  add_checksum(database, "request_set", kRequestSetChecksum);
  add_checksum(database, "task", kTaskChecksum);
  if (to_imports) add_checksum(database, "import_items", kImportItemsChecksum);
}

}  // namespace

void upgrade_store(Database& database, int64_t from) {
  if (from < 2) give_checkpoints_settings(database);
  if (from < 3) repack_items(database);
  if (from < 4) database.run(kImportSchema);
  if (from < 5) add_checksums(database, /*to_imports=*/from == 4);  // new tables have them
}

}  // namespace e2lm
