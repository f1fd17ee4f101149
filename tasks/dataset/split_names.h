#pragma once

#include <vector>

#include "base/file.h"
#include "tasks/dataset/data_files.h"

namespace e2lm {

// The splits among files of which only the paths are known, relative to their folder, by the rules
// of find_data_files; none if there is no data file.
std::vector<SplitFiles> find_splits(const std::vector<Path>& paths);

}  // namespace e2lm
