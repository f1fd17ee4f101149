#pragma once

#include <string>
#include <utility>
#include <vector>

#include "base/file.h"

namespace e2lm {

// What is read as one split, and how.
struct DataFiles {
  std::string format = "json";  // json or csv: a task's dataset_path
  std::vector<Path> files;      // in order; each may be packed with gzip
  std::string field;            // json: the key whose list has the rows; empty: none
  char separator = ',';         // csv
};

struct SplitFiles {
  std::string split;
  std::vector<Path> files;
};

// The splits of a folder of data files, found by their names as the original does:
//   data/NAME-00000-of-00001.EXT, where there are any, are the split NAME; else
//   folders named like a split have its files; else
//   files named like a split are its files; else
//   every file is of the split `train`.
// A name is like a split when one of its words (between - . _ space and digits) is train or
// training; validation, valid, dev or val; test, testing, eval or evaluation. A file can belong to
// several splits. Hidden files, folders that begin with __, README.md and the original's own
// config files are no data; with extensions given, files with another one are none either (.gz is
// looked through). Throws Error when the folder does not exist or has no files.
std::vector<SplitFiles> find_data_files(const Path& folder,
                                        const std::vector<std::string>& extensions = {});

// The same among files of which only the paths are known, relative to their folder; none if there
// is no data file.
std::vector<SplitFiles> find_splits(const std::vector<Path>& paths);

}  // namespace e2lm
