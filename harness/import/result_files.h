#pragma once

#include <span>
#include <vector>

#include "base/file.h"

namespace e2lm {

struct ResultPath {
  Path path;
  bool in_folder = false;  // found in a folder that was named, not named itself
};

// The files among `paths`, and in the folders among them those whose names end as result files'
// do in any case, sorted by name within a folder; each once. Throws Error for a path that is not
// there.
std::vector<ResultPath> list_result_files(std::span<const Path> paths);

}  // namespace e2lm
