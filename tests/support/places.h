#pragma once

#include "base/file.h"

namespace e2lm {

// Where things of this checkout are. One file alone is compiled with them, so that what the
// compiler made of the others in one checkout serves the next.

// The repository; E2LM_SOURCE_FOLDER names it where a program runs elsewhere than it was built.
const Path& source_dir();

const Path& program_path();  // the built e2lm

}  // namespace e2lm
