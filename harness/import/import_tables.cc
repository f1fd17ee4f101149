#include "harness/import/import_tables.h"

#include <fmt/format.h>

#include <cstring>
#include <set>
#include <span>

#include "base/error.h"
#include "base/text.h"
#include "harness/import/scored_item_blob.h"
#include "harness/store/checksum.h"

namespace e2lm {

const char* const kImportSchema = R"sql(
CREATE TABLE import_file (
  id INTEGER PRIMARY KEY, path TEXT NOT NULL UNIQUE, format TEXT NOT NULL, written REAL NOT NULL);
CREATE TABLE import_series (
  name TEXT NOT NULL UNIQUE, position INTEGER PRIMARY KEY, ranking_group TEXT NOT NULL,
  mix TEXT NOT NULL, control_for TEXT NOT NULL);
CREATE TABLE import_score (
  series TEXT NOT NULL, step INTEGER NOT NULL, task TEXT NOT NULL, metric TEXT NOT NULL,
  file INTEGER NOT NULL REFERENCES import_file, position INTEGER NOT NULL, tokens REAL,
  value REAL, instead TEXT NOT NULL, standard_error REAL, samples INTEGER,
  higher_is_better INTEGER NOT NULL, chance REAL,
  PRIMARY KEY (series, step, task, metric, file)) WITHOUT ROWID;
CREATE TABLE import_items (
  series TEXT NOT NULL, step INTEGER NOT NULL, task TEXT NOT NULL,
  file INTEGER NOT NULL REFERENCES import_file, tokens REAL, metrics TEXT NOT NULL,
  ids BLOB NOT NULL, items BLOB NOT NULL, checksum INTEGER NOT NULL,
  PRIMARY KEY (series, step, task, file)) WITHOUT ROWID;
CREATE TABLE import_mean (name TEXT PRIMARY KEY, glob TEXT NOT NULL) WITHOUT ROWID;
)sql";

namespace {

// Pairs of rows of one score by different files that do not agree. A file without the value does
// not contradict one with it.
constexpr const char* kDifferences =
    "FROM import_score a JOIN import_score b USING (series, step, task, metric) "
    "WHERE a.file < b.file AND a.value <> b.value";

}  // namespace

int64_t ImportTables::replace_file(const ImportedFile& file, double written) {
  const std::string path = std::filesystem::absolute(file.path).lexically_normal().string();
  Statement find(database_, "SELECT id FROM import_file WHERE path = ?");
  if (!find.bind(path).step()) {
    Statement(database_, "INSERT INTO import_file (path, format, written) VALUES (?, ?, ?)")
        .bind(path)
        .bind(file.format)
        .bind(written)
        .finish();
    return database_.last_id();
  }
  const int64_t id = find.integer(0);
  Statement(database_, "UPDATE import_file SET format = ?, written = ? WHERE id = ?")
      .bind(file.format)
      .bind(written)
      .bind(id)
      .finish();
  // Without these indexes every file that comes again would have all scores searched through.
  for (const char* table : {"import_score", "import_items"}) {
    database_.run(fmt::format("CREATE INDEX IF NOT EXISTS {0}_by_file ON {0} (file)", table));
    Statement(database_, fmt::format("DELETE FROM {} WHERE file = ?", table)).bind(id).finish();
  }
  return id;
}

void ImportTables::set_series(const Identity& identity) {
  Statement(database_,
            "INSERT OR IGNORE INTO import_series (name, ranking_group, mix, control_for) "
            "VALUES (?, 'all', 'science', '')")
      .bind(identity.series)
      .finish();
  const auto set = [&](const char* column, const std::string& value) {
    Statement(database_, fmt::format("UPDATE import_series SET {} = ? WHERE name = ?", column))
        .bind(value)
        .bind(identity.series)
        .finish();
  };
  if (identity.group) set("ranking_group", *identity.group);
  if (identity.mix) set("mix", *identity.mix == Mix::web ? "web" : "science");
  if (identity.control_for) set("control_for", *identity.control_for);
}

void ImportTables::add_score(int64_t file, const Identity& identity, const ImportedScore& score) {
  Statement(database_, "INSERT INTO import_score VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")
      .bind(identity.series)
      .bind(identity.step)
      .bind(score.task)
      .bind(score.metric)
      .bind(file)
      .bind(position_++)
      .bind(identity.tokens)
      .bind(score.value)
      .bind(score.instead)
      .bind(score.standard_error)
      .bind(score.samples)
      .bind(int64_t{score.higher_is_better.value_or(true)})
      .bind(score.chance)
      .finish();
}

void ImportTables::add_items(int64_t file, const Identity& identity, const ImportedItems& items) {
  const std::vector<std::byte> packed = pack_scored_items(items.items);
  Statement(database_,
            "INSERT INTO import_items VALUES (?, ?, ?, ?, ?, ?6, ?7, ?8, crc32(?6, ?7, ?8))")
      .bind(identity.series)
      .bind(identity.step)
      .bind(items.task)
      .bind(file)
      .bind(identity.tokens)
      .bind(fmt::format("{}", fmt::join(items.metrics, "\n")))
      .bind_bytes(std::as_bytes(std::span(items.ids)))
      .bind_bytes(packed)
      .finish();
}

void ImportTables::set_mean(const MeanRow& mean) {
  Statement(database_, "INSERT OR REPLACE INTO import_mean VALUES (?, ?)")
      .bind(mean.name)
      .bind(mean.glob)
      .finish();
}

void ImportTables::settle_differences(bool keep_newest) {
  database_.run(
      "DROP INDEX IF EXISTS import_score_by_file; DROP INDEX IF EXISTS import_items_by_file");
  if (!keep_newest) return refuse_difference();
  // The loser of a pair is the file written earlier; of equal times, the one imported earlier.
  database_.run(fmt::format(
      "CREATE TEMP TABLE loser AS SELECT series, step, task, metric, CASE WHEN "
      "(SELECT written FROM import_file WHERE id = a.file) > "
      "(SELECT written FROM import_file WHERE id = b.file) THEN b.file ELSE a.file END AS file {};"
      "DELETE FROM import_score WHERE (series, step, task, metric, file) IN "
      "(SELECT series, step, task, metric, file FROM loser);"
      "DELETE FROM import_items WHERE (series, step, task, file) IN "
      "(SELECT series, step, task, file FROM loser);"
      "DROP TABLE loser",
      kDifferences));
}

void ImportTables::refuse_difference() {
  Statement find(database_,
                 fmt::format("SELECT series, step, task, metric, a.value, b.value, "
                             "(SELECT path FROM import_file WHERE id = a.file), "
                             "(SELECT path FROM import_file WHERE id = b.file) {} LIMIT 1",
                             kDifferences));
  if (!find.step()) return;
  throw Error(
      find.text(7),
      fmt::format("gives {} as {} {} of {} step {}, and {} gives {}", find.real(5), find.text(2),
                  find.text(3), find.text(0), find.integer(1), find.text(6), find.real(4)),
      "one value, names that tell them apart (--series, --pattern, --map), or --newest");
}

namespace {

int64_t count_rows(const Store& store, const char* table) {
  Statement count(store.database(), fmt::format("SELECT count(*) FROM {}", table));
  count.step();
  return count.integer(0);
}

}  // namespace

bool has_imports(const Store& store) {
  return count_rows(store, "import_series") > 0;
}

int64_t count_import_files(const Store& store) {
  return count_rows(store, "import_file");
}

std::vector<ImportedSeries> read_import_series(const Store& store) {
  std::vector<ImportedSeries> series;
  Statement all(store.database(),
                "SELECT name, ranking_group, mix, control_for FROM import_series "
                "ORDER BY position");
  while (all.step()) {
    series.push_back(
        {all.text(0), all.text(1), all.text(2) == "web" ? Mix::web : Mix::science, all.text(3)});
  }
  return series;
}

namespace {

std::set<std::string> names_in_scores(const Store& store, const char* column) {
  std::set<std::string> names;
  Statement all(store.database(), fmt::format("SELECT DISTINCT {} FROM import_score", column));
  while (all.step()) names.insert(all.text(0));
  return names;
}

}  // namespace

std::set<std::string> imported_tasks(const Store& store) {
  return names_in_scores(store, "task");
}

std::set<std::string> imported_series(const Store& store) {
  return names_in_scores(store, "series");
}

std::vector<ScoreRow> read_import_scores(const Store& store) {
  std::vector<ScoreRow> rows;
  std::set<std::tuple<std::string, int64_t, std::string, std::string>> seen;
  Statement all(store.database(),
                "SELECT series, step, task, metric, tokens, value, instead, standard_error, "
                "samples, higher_is_better, chance, path FROM import_score JOIN import_file "
                "ON file = id ORDER BY value IS NULL, file, position");
  while (all.step()) {
    ScoreRow row{.series = all.text(0),
                 .step = all.integer(1),
                 .tokens = all.real_or_none(4),
                 .score = {.task = all.text(2),
                           .metric = all.text(3),
                           .value = all.real_or_none(5),
                           .instead = all.text(6),
                           .standard_error = all.real_or_none(7),
                           .higher_is_better = all.integer(9) != 0,
                           .chance = all.real_or_none(10),
                           .where = all.text(11)}};
    if (!all.is_null(8)) row.score.samples = all.integer(8);
    if (!seen.emplace(row.series, row.step, row.score.task, row.score.metric).second) continue;
    rows.push_back(std::move(row));
  }
  return rows;
}

std::vector<ItemsRow> list_import_items(const Store& store) {
  std::vector<ItemsRow> rows;
  Statement all(store.database(),
                "SELECT series, step, task, metrics, min(file) FROM import_items "
                "GROUP BY series, step, task ORDER BY series, step, task");
  while (all.step()) {
    rows.push_back(
        {all.text(0), all.integer(1), all.text(2), split(all.text(3), '\n'), all.integer(4)});
  }
  return rows;
}

ImportedItems read_import_items(const Store& store, const ItemsRow& row) {
  Statement find(store.database(),
                 fmt::format("SELECT ids, items, path, checksum = {} FROM import_items "
                             "JOIN import_file ON file = id "
                             "WHERE series = ? AND step = ? AND task = ? AND file = ?",
                             kImportItemsChecksum));
  find.bind(row.series).bind(row.step).bind(row.task).bind(row.file).step();
  if (find.integer(3) == 0) {
    throw StoreError(store.database().path().string(),
                     fmt::format("is damaged: documents of {} do not match their checksum; import "
                                 "it again",
                                 find.text(2)));
  }
  ImportedItems result{.task = row.task,
                       .metrics = row.metrics,
                       .items = unpack_scored_items(store.database().path(), find.bytes(1)),
                       .where = find.text(2)};
  const std::span<const std::byte> ids = find.bytes(0);
  result.ids.resize(result.items.size());
  if (ids.size() != result.ids.size() * sizeof(int32_t)) {
    throw StoreError(store.database().path().string(), "imported documents are damaged",
                     "a number for each");
  }
  std::memcpy(result.ids.data(), ids.data(), ids.size());
  return result;
}

std::vector<MeanRow> read_import_means(const Store& store) {
  std::vector<MeanRow> means;
  Statement all(store.database(), "SELECT name, glob FROM import_mean ORDER BY name");
  while (all.step()) means.push_back({all.text(0), all.text(1)});
  return means;
}

}  // namespace e2lm
