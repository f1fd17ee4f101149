#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/yaml.h"
#include "tasks/dataset/data_files.h"
#include "tasks/document.h"

namespace e2lm {

// Where a task's documents are: dataset_path, dataset_name and dataset_kwargs. Either files of
// one's own (dataset_path json or csv with data_files or data_dir), or a named data set, of which
// files lie below a data folder:
//
//   <E2LM_DATA, else data>/<dataset_path>[/<dataset_name>]/<split>.jsonl   (.json .csv .tsv, .gz)
//
// or several as <split>-*.jsonl, in the folder <split>, or as find_data_files finds them.
struct DataSource {
  std::string path;
  std::string name;  // of a configuration of the data set; may be empty
  Json kwargs;       // an object
  Path task_folder;  // relative files are looked for in the current folder, then here

  struct Split {
    std::vector<std::string> columns;
    Documents documents;
    int64_t rows = 0;  // of the whole split, however many documents were asked for
    std::vector<std::string> nested_timestamps;  // columns, see Dataset

    bool has_column(std::string_view column) const;
  };

  // Checks the keys and their types; files need not exist yet.
  static DataSource read(YamlMap& keys, const Path& task_folder, Problems& problems);

  // The documents of a split, at most `limit` of them. Throws Error that says what to get from
  // where if its files are not there, or which splits there are if it is none of them.
  Split read_split(const std::string& split, int64_t limit = INT64_MAX) const;

  // Whether the data are still to be got: a named data set without a folder, or files on the web.
  bool is_elsewhere() const;

  // Of a named data set: where its files are looked for, and whether those of a split are there.
  Path named_folder() const;
  bool has_split(const std::string& split) const { return !find_named(split).empty(); }

  // Files of one's own, not a named data set.
  bool is_local() const { return path == "json" || path == "csv"; }

 private:
  // Splits in the order in which they are listed or found: the first one decides about columns.
  std::vector<SplitFiles> local_files() const;
  std::vector<SplitFiles> named_files(const std::string& split) const;
  std::vector<SplitFiles> find_named(const std::string& split) const;
  Path locate(const Path& file) const;
  DataFiles files_of(const SplitFiles& split) const;
};

}  // namespace e2lm
