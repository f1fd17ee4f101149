#pragma once

#include <vector>

#include "reports/report.h"

namespace e2lm {

// A finding for each series, swept or imported, whose tokens fall where its steps rise: phases of
// training are told by tokens. Tokens of 0 are not known, and do not count.
std::vector<Finding> falling_tokens(const std::vector<ReportCell>& cells);

}  // namespace e2lm
