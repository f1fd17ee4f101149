#pragma once

#include "base/json.h"
#include "scoring/items/item_analysis.h"

namespace e2lm {

// An item summary for report.json and the page: {task, metric, items, series, checkpoints,
// progress, difficulty: [items], discrimination: [items], dead: [item, ..], falling: [{item, ..}],
// suspect_key: [{item, ..}], dead_count, falling_count, suspect_key_count}. Items are named by
// their documents' numbers, which `documents`: [items] lists where they are not 0, 1, 2, .. Numbers
// have four decimals, and a list of flagged items ends after kListedItems of them, so that pages
// stay small; the counts are of all.
Json item_json(const ItemSummary& summary);

inline constexpr int64_t kListedItems = 300;

// Every item with everything said of it, at full precision, flags included.
Json full_item_json(const ItemSummary& summary);

}  // namespace e2lm
