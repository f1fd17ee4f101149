#pragma once

#include "base/yaml.h"

namespace e2lm {

// A task or group file with everything it includes, as one mapping: `include` names one file or a
// list, relative to the file that has it; later ones win over earlier ones, the file's own keys
// over all. Of a key given twice in a mapping the
// last value counts, as in the original. Nodes know their own file. Throws Error on a cycle or a
// file that is no mapping.
Yaml read_task_file(const Path& path);

}  // namespace e2lm
