#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "harness/import/identity.h"
#include "harness/import/imported.h"
#include "harness/store/store.h"
#include "scoring/judgement/judgement.h"

// Imported results in a store, beside those of sweeps (store.h):
//
//   import_file    the files they came from; importing one again replaces what it gave
//   import_series  what is known of the series: group, mix, control_for, place in reports
//   import_score   series × step × task × metric × file: value, or what stands in its place
//   import_items   series × step × task × file: documents with their scores (scored_item_blob.h)
//   import_mean    tasks that are means of others, by name and glob
//
// Two files may give the same score. Where they give different values the import fails, or the
// newer file's stays.

namespace e2lm {

extern const char* const kImportSchema;

struct ImportedSeries {
  std::string name;
  std::string group;
  Mix mix = Mix::science;
  std::string control_for;
};

// A score of the store, whose it is, and whence.
struct ScoreRow {
  std::string series;
  int64_t step = 0;
  std::optional<double> tokens;
  ImportedScore score;  // `where` is the file
};

// Where the documents of a task lie, at one checkpoint.
struct ItemsRow {
  std::string series;
  int64_t step = 0;
  std::string task;
  std::vector<std::string> metrics;  // that can be computed of them
  int64_t file = 0;
};

struct MeanRow {
  std::string name;
  std::string glob;  // over the tasks it is the mean of
};

class ImportTables {
 public:
  explicit ImportTables(Store& store) : database_(store.database()) {}

  // A file's number; what it gave before is gone. `written` is in seconds since 1970.
  int64_t replace_file(const ImportedFile& file, double written);

  // What is known of a series goes over what was; a new one gets group "all" and mix science.
  void set_series(const Identity& identity);

  void add_score(int64_t file, const Identity& identity, const ImportedScore& score);
  void add_items(int64_t file, const Identity& identity, const ImportedItems& items);
  void set_mean(const MeanRow& mean);

  // The last call, once all files are there. Throws Error naming both files where two of them give
  // different values for one score, unless the newer one's is to be kept.
  void settle_differences(bool keep_newest);

 private:
  void refuse_difference();

  Database& database_;
  int64_t position_ = 0;  // of the next score, as they come
};

bool has_imports(const Store& store);
int64_t count_import_files(const Store& store);
std::vector<ImportedSeries> read_import_series(const Store& store);
// Of which there are scores.
std::set<std::string> imported_tasks(const Store& store);
std::set<std::string> imported_series(const Store& store);
// In the order of the files and within them; of scores that several files give the first.
std::vector<ScoreRow> read_import_scores(const Store& store);
// Of several files' documents the first's.
std::vector<ItemsRow> list_import_items(const Store& store);
// REQUIRES: a row of this store's list.
ImportedItems read_import_items(const Store& store, const ItemsRow& row);
std::vector<MeanRow> read_import_means(const Store& store);

}  // namespace e2lm
