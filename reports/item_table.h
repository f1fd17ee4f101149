#pragma once

#include <string>
#include <vector>

#include "base/json.h"
#include "reports/table.h"
#include "scoring/items/item_analysis.h"
#include "scoring/items/item_selection.h"

namespace e2lm {

// What is wrong with each item: any of "dead", "falling", "suspect key".
std::vector<std::vector<std::string>> item_flags(const ItemSummary& summary);

// Counts in words, then the flagged items with their evidence, suspected keys first; of many of a
// kind the first.
std::string item_text(const ItemSummary& summary);

// A line per item with everything said of it.
std::string item_csv(const ItemSummary& summary);

// A choice of items: size by size what the choice scores where it was made and where not, and what
// random choices score there.
Table selection_table(const ItemSelection& selection);
std::string selection_text(const ItemSelection& selection, const SelectionRules& rules);
Json selection_json(const ItemSelection& selection);

}  // namespace e2lm
