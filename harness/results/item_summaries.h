#pragma once

#include <string>
#include <vector>

#include "harness/results/item_loader.h"
#include "scoring/items/item_analysis.h"

namespace e2lm {

// The item summary of every task and metric whose curves carry item values, in their order. They
// are also searched for wrong answer keys, by the votes of the sweep that `swept` reads, if there
// is one and it has the task, else by those of imported samples.
std::vector<ItemSummary> item_summaries(const Store& store, ItemLoader* swept,
                                        const std::vector<TaskCurves>& curves);

}  // namespace e2lm
