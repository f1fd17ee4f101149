#pragma once

#include <memory>
#include <string>

#include "tasks/dataset/row_format.h"

namespace e2lm {

// JSON files. Without a field: one object a line (or however they follow each other), or one array
// of objects; texts in the array are rows with the one column `text`. With a field: one object
// whose member of that name is such an array.
//
// The original reads these three by different libraries, so their types differ: lines and arrays
// take texts that are all points in time for timestamps, and objects with different keys for mixed
// values (not where a line of the first batch is blank, or no row by itself); a field's objects get
// each other's keys, its whole numbers are integers even when written 1.0, and only columns named
// like dates (`date`, `.._at`, `.._time`, `timestamp..`) are timestamps. Lines and arrays in which
// a list begins with nulls (see list_nulls.h) are read a second time, and then nothing is a
// timestamp; which lists count depends on the blocks of the first reading, which for arrays, or
// beside mixed values, are taken to be those of the file itself.
std::unique_ptr<RowFormat> json_format(std::string field);

}  // namespace e2lm
