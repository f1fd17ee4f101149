#pragma once

#include "harness/store/store.h"
#include "reports/report.h"

namespace e2lm {

// Adds what a store's latest sweep computed to a report: curves with their items, every cell,
// findings about cells without a result, equal weights under two names and series computed with
// different arithmetic; and the sweep's rules.
void add_sweep_results(const Store& store, Report& report);

}  // namespace e2lm
