#pragma once

#include <string>

#include "base/error.h"
#include "harness/import/readers.h"

namespace e2lm {

// A file of results in a format that there is.
inline ImportedFile read_known(const Path& path) {
  const auto file = read_result_file(path);
  if (!file) throw Error(path.string(), "is of no known format");
  return *file;
}

// REQUIRES: the file's checkpoint has it.
inline const ImportedScore& score(const ImportedFile& file, size_t checkpoint,
                                  const std::string& task, const std::string& metric) {
  for (const ImportedScore& one : file.checkpoints.at(checkpoint).scores) {
    if (one.task == task && one.metric == metric) return one;
  }
  throw Error(task, "has no " + metric);
}

}  // namespace e2lm
