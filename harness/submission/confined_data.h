#pragma once

#include "tasks/task.h"

namespace e2lm::submission {

// Makes a submitted task look for its data below `root`, the submission's files, alone. A named
// data set keeps its name. Throws Error where a path of the task leads elsewhere.
void confine_data(const Path& root, Task& task);

}  // namespace e2lm::submission
