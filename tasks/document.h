#pragma once

#include <string>
#include <vector>

#include "base/json.h"

namespace e2lm {

// One row of a task's data: an object of columns, and where it stands ("file:line").
struct Document {
  Json columns;
  std::string where;
  std::vector<std::string> absent;  // columns of the data that this row did not have; they are null
};

using Documents = std::vector<Document>;

}  // namespace e2lm
