#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "tasks/dataset/list_nulls.h"

namespace e2lm {

// What a column, or a value within one, is for all rows that were looked at. The original loads
// rows in batches, gives each batch the types that fit all its rows, and turns every batch into the
// types of the first.
struct ColumnType {
  enum class Kind {
    null,  // no value yet
    boolean,
    integer,    // fits in 64 bits with a sign
    number,     // a double
    timestamp,  // text that is a point in time in every row
    text,
    list,    // of `fields[0].type`, where any element was seen
    object,  // the same keys in every row, or absent ones taken for null
    mixed,   // any JSON value, row by row
  };
  struct Field;

  Kind kind = Kind::null;
  bool has_null = false;
  bool fractional = false;    // a number that is no whole number of 64 bits was seen
  bool large = false;         // an integer beyond what a double holds exactly was seen
  bool beyond = false;        // a whole number beyond 64 bits with a sign was seen
  bool no_missing = false;    // of CSV: the original takes no cell for a missing value
  std::vector<Field> fields;  // of an object, in order of their first appearance

  // Of a list: whether the original's first reading loses nulls that begin one, see list_nulls.h.
  ListNulls nulls;
  // Of the table of a batch: its bytes, and whether the original reads it a second time.
  int64_t bytes = 0;
  bool read_twice = false;
};

struct ColumnType::Field {
  std::string name;
  ColumnType type;
};

// How types come from values.
struct TypeRules {
  bool objects_differ = false;  // objects with different keys are mixed, rather than of all keys
  bool timestamps = false;      // texts can be timestamps
  int64_t block = 0;            // of the batch, in which the row stands
};

// Widens the type so that it holds the value too. The top of a row is an object whatever its keys.
void widen(ColumnType& type, const Json& value, const TypeRules& rules);
void widen_row(ColumnType& table, const Json& row, const TypeRules& rules);

// Whether a mixed value is anywhere in the type.
bool holds_mixed(const ColumnType& type);

// Whether a timestamp is within a list or an object of the type.
bool holds_nested_timestamp(const ColumnType& type);

// "text", "a list of integer", ..: for messages.
std::string describe(const ColumnType& type);

// The field of that name, or null. `hint` is where it most likely stands.
const ColumnType::Field* find_field(const ColumnType& type, std::string_view name, size_t hint);

}  // namespace e2lm
