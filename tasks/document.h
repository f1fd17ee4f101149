#pragma once

#include <string>
#include <vector>

#include "base/json.h"

namespace e2lm {

// One row of a task's data: an object of columns, and where it stands ("file:line").
struct Document {
  Json columns;
  std::string where;
};

using Documents = std::vector<Document>;

}  // namespace e2lm
