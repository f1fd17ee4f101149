#pragma once

#include <string>
#include <string_view>

namespace e2lm {

// Our name for a column of a table of scores: "step" where it is called "Training Step". Case,
// spaces, hyphens and underscores do not count. Empty for columns that we do not know.
// docs/import.md lists the names.
std::string known_column(std::string_view header);

}  // namespace e2lm
