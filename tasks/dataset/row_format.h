#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "base/file.h"
#include "base/json.h"
#include "tasks/dataset/column_type.h"

namespace e2lm {

// A row as it stands in a file, before the types of its columns are known.
struct RawRow {
  Json columns;
  int64_t line = 0;      // where it begins
  int64_t batch = 0;     // of the file, from 0: the original loads rows in batches
  int64_t end = 0;       // bytes from the batch's start to the row's end
  bool in_lines = true;  // whether each line of the file's first batch is a row
};

// A format of data files: how rows stand in it, and what types the original gives a batch of them.
class RowFormat {
 public:
  using Visitor = std::function<bool(RawRow row)>;  // false stops

  virtual ~RowFormat() = default;

  // Visits the rows of a file in order. Throws Error with file and line when it is damaged.
  virtual void read(const Path& path, const Visitor& visit) const = 0;

  // Widens the types of a batch by a row of it. `first`: it is the first batch of all.
  virtual void widen(ColumnType& batch, const RawRow& row, bool first) const = 0;

  // The types of the batch once all its rows were seen. Throws Error at `where`, the file, when the
  // original refuses the batch, or its types cannot be told as the original does.
  virtual ColumnType finish(ColumnType batch, const std::string& where) const = 0;

  // The row's values as of the types of its batch. `first`: the types of the first batch.
  virtual Json typed(Json columns, const ColumnType& batch, const ColumnType& first) const = 0;
};

}  // namespace e2lm
