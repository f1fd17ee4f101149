#pragma once

#include <string>

#include "tasks/dataset/column_type.h"

namespace e2lm {

// Turns values of a batch into the types of the first batch as the original does, which follows
// Arrow: 1 becomes "1" in a column of text, "7" becomes 7 in a column of integers, true becomes 1.

// Throws Error at `where` when no value of the one type can become one of the other, `name` being
// the column.
void require_castable(const ColumnType& from, const ColumnType& to, const std::string& name,
                      const std::string& where);

// The value, of type `from`, as one of type `to`; null stays null, and an object gets the keys it
// lacks. Throws Error at `where` when this value cannot be: 2.5 in a column of integers.
// REQUIRES: require_castable(from, to); a value for a mixed column was written by fast_json.
Json cast(Json value, const ColumnType& from, const ColumnType& to, const std::string& where);

}  // namespace e2lm
