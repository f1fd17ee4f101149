#pragma once

#include <functional>
#include <string>
#include <vector>

#include "harness/store/store.h"
#include "reports/report.h"

namespace e2lm {

// What a store holds, of sweeps and of imports, scored by the tasks' metrics and judged: everything
// a report shows. Cells without a result are listed, never dropped. A sweep's rules go before those
// of imports; `adjust` may change them. `series` are names or globs of those that count; empty:
// all. Throws Error if the store holds neither, or no such series.
Report load_report(const Store& store, const std::function<void(ScoringRules&)>& adjust = {},
                   const std::vector<std::string>& series = {});

}  // namespace e2lm
