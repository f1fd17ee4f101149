#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "harness/options.h"
#include "harness/store/store.h"
#include "scoring/metrics/metric.h"

// What commands about single documents have in common.

namespace e2lm {

// The value of --format. Throws Error listing the known ones.
std::string require_format(const Arguments& arguments, const std::vector<std::string>& known);

// A metric whose score is the mean of what it says of each document. Throws Error listing them.
const Metric& mean_metric(const std::string& name);

// The store in a run folder, or a store file.
Store open_run(Path path);

}  // namespace e2lm
