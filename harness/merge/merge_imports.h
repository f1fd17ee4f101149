#pragma once

#include "harness/store/store.h"

namespace e2lm {

// Puts a store's imports into another. Of a file that both imported the one written last stays.
// Throws Error naming both where two of the same time differ, or a series or mean means two things.
void merge_imports(const Store& source, Store& target);

}  // namespace e2lm
