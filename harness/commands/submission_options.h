#pragma once

#include <vector>

#include "harness/options.h"
#include "harness/submission/check.h"

namespace e2lm {

// --against, --most-share, --native and those of the judge.
std::vector<Option> check_option_rows();

// Throws Error, naming the option or the environment's variable, on a value that is none.
submission::CheckOptions check_options(const Arguments& arguments);

}  // namespace e2lm
