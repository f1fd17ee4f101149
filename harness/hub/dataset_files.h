#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "harness/hub/dataset_card.h"

namespace e2lm {

// What a task asks of a data set's files: dataset_name and dataset_kwargs.
struct DatasetQuery {
  std::string where;   // opens messages: "org/sums@0123456789ab"
  std::string config;  // may be empty
  std::string split;
  std::vector<SplitPatterns> data_files;  // in place of what the data set says
  std::string data_dir;                   // the only folder to look in
};

// How data files are read: json, csv, or tsv for csv with tabs; zip where the names within tell.
// Any other word is one that e2lm does not read: parquet, txt, image..
struct SplitChoice {
  std::vector<std::string> paths;  // in the order of rows
  std::string format;
  Json reading = Json::object();  // what the configuration says of reading it
};

// The files of a split of a repository, chosen as Hugging Face's `datasets` (5.2) does: by the
// query's data_files, else by the configurations that the README.md lists, else by names (see
// tasks/dataset/data_files.h), below data_dir; of these the ones of the most frequent format.
// Throws Error if there is no such configuration, split or file.
SplitChoice choose_files(const std::vector<std::string>& repository,
                         const std::vector<DatasetConfig>& configs, const DatasetQuery& query);

// All splits of the configuration with their files, before a format is chosen.
std::vector<SplitPatterns> list_splits(const std::vector<std::string>& repository,
                                       const std::vector<DatasetConfig>& configs,
                                       const DatasetQuery& query);

// The format of files by the extensions in their names, as SplitChoice has it; "" if they have none
// that is known.
std::string format_of(const std::vector<std::string>& paths);

// Whether a file's name has one of a format's extensions.
bool has_format(std::string_view path, const std::string& format);

}  // namespace e2lm
