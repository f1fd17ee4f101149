#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "harness/import/identity.h"
#include "harness/import/import_tables.h"
#include "harness/store/store.h"

namespace e2lm {

struct ImportOptions {
  IdentityOptions identity;
  std::vector<std::string> tasks;  // globs; none: all tasks
  std::vector<MeanRow> means;
  bool samples = true;  // sample files are read, not only results
  bool newest = false;  // of different values for one score the newer file's counts
};

struct ImportSummary {
  struct Skipped {
    Path path;
    std::string why;
  };
  int64_t files = 0;
  int64_t scores = 0;              // each once, however many files give it
  int64_t documents = 0;           // with their scores, at one checkpoint each
  std::vector<Skipped> skipped;    // files of folders
  std::vector<std::string> mixed;  // sentences on series whose files asked a task in different ways
};

// Puts the results that files hold into a store, in one transaction: all of them or none. Folders
// are searched for .json, .jsonl, .csv and .tsv files, packed or not, and those of no known format
// are skipped. Throws Error if a file is damaged or holds what cannot be right, a file that was
// named is of no known format, it is not known whose results they are, two files contradict each
// other, or an option fits nothing: a glob of `tasks` none of the files' tasks, that of a mean none
// of the store's, identity.control_for none of its series.
ImportSummary import_results(std::span<const Path> paths, const ImportOptions& options,
                             Store& store);

}  // namespace e2lm
