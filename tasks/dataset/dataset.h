#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tasks/dataset/column_type.h"
#include "tasks/dataset/data_files.h"
#include "tasks/dataset/row_format.h"
#include "tasks/document.h"

namespace e2lm {

// A split of a task's data: the documents that lm-evaluation-harness gets from the same files
// through the `datasets` library, value by value.
//
// The types of columns depend on all rows: opening reads the files once for them, and each look at
// the documents reads the files again. Memory holds one row at a time, whatever the files' size.
//
// The original loads rows in batches (10 MiB of JSON lines, 10,000 rows of CSV, a whole array) and
// turns each into the columns and types of the first batch; so does this, and refuses what cannot
// be turned. Timestamps are texts like "2024-11-21 05:44:00", also within lists and objects, where
// Python prints them as datetime.datetime(2024, 11, 21, 5, 44).
class Dataset {
 public:
  // Reads the files once. With `first_split` the columns and types are its, as the original takes
  // them for all splits of a task from the first one that the task file lists. Throws Error with
  // file and line when the data is damaged, has no rows, or does not fit the types.
  static Dataset open(DataFiles files, const Dataset* first_split = nullptr);

  int64_t rows() const { return rows_; }
  const std::vector<std::string>& columns() const { return columns_; }
  // Those with timestamps within lists or objects.
  std::vector<std::string> nested_timestamps() const;

  // Visits the documents in order until `visit` returns false. Every document has all columns.
  using Visitor = std::function<bool(int64_t row, Document document)>;
  void for_each(const Visitor& visit) const;

  // The documents, at most `limit` of them.
  Documents read(std::optional<int64_t> limit = {}) const;

 private:
  Dataset() = default;
  void read_types();
  void end_batch(ColumnType batch, const std::string& where);

  DataFiles files_;
  std::unique_ptr<RowFormat> format_;
  std::optional<ColumnType> types_;               // of the columns, for every batch
  std::vector<std::vector<ColumnType>> batches_;  // [file][batch] types within the batch
  std::vector<std::string> columns_;
  int64_t rows_ = 0;
};

}  // namespace e2lm
