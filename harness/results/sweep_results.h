#pragma once

#include "harness/store/store.h"
#include "reports/report.h"

namespace e2lm {

// Adds what a store's latest sweep computed to a report: curves with their items, every cell,
// findings about cells without a result and about equal weights under two names; and the sweep's
// rules.
void add_sweep_results(const Store& store, Report& report);

}  // namespace e2lm
