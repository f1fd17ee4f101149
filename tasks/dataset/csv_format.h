#pragma once

#include <memory>

#include "tasks/dataset/row_format.h"

namespace e2lm {

// CSV files with a header row. Columns without a name are `Unnamed: 1` with their index from 0. A
// row that is too short ends in nulls; one that is too long is an error, and so is a name given
// twice. Cells have the types that pandas gives them: null for NA and its other spellings,
// integers, numbers where one is or where integers have a gap, booleans, else text.
std::unique_ptr<RowFormat> csv_format(char separator);

}  // namespace e2lm
