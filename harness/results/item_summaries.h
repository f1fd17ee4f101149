#pragma once

#include <string>
#include <vector>

#include "harness/results/item_loader.h"
#include "scoring/items/item_analysis.h"

namespace e2lm {

// The item summary of every task and metric whose curves carry item values, in their order. Tasks
// of the sweep that `swept` reads, if there is one, are also searched for wrong answer keys.
std::vector<ItemSummary> item_summaries(ItemLoader* swept, const std::vector<TaskCurves>& curves);

}  // namespace e2lm
