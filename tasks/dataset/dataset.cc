#include "tasks/dataset/dataset.h"

#include <fmt/format.h>

#include <utility>

#include "base/error.h"
#include "tasks/dataset/cast.h"
#include "tasks/dataset/csv_format.h"
#include "tasks/dataset/json_format.h"

namespace e2lm {
namespace {

std::unique_ptr<RowFormat> make_format(const DataFiles& files) {
  if (files.format == "json") return json_format(files.field);
  if (files.format == "csv") return csv_format(files.separator);
  throw Error("", fmt::format("the data format '{}' is not known", files.format), "json or csv");
}

}  // namespace

Dataset Dataset::open(DataFiles files, const Dataset* first_split) {
  Dataset dataset;
  dataset.format_ = make_format(files);
  dataset.files_ = std::move(files);
  if (first_split) dataset.types_ = first_split->types_;
  dataset.read_types();
  if (dataset.rows_ == 0 || dataset.types_->fields.empty()) {
    const auto& paths = dataset.files_.files;
    const std::string where = paths.empty() ? "the data files" : paths[0].string();
    throw Error(where, dataset.rows_ == 0 ? "has no rows" : "has no columns");
  }
  for (const auto& [name, type] : dataset.types_->fields) dataset.columns_.push_back(name);
  return dataset;
}

void Dataset::read_types() {
  for (const Path& path : files_.files) {
    batches_.emplace_back();
    ColumnType batch;
    std::string where = path.string();
    format_->read(path, [&](const RawRow& row) {
      if (row.batch > std::ssize(batches_.back())) end_batch(std::exchange(batch, {}), where);
      if (batch.kind == ColumnType::Kind::null)
        where = fmt::format("{}:{}", path.string(), row.line);
      format_->widen(batch, row, !types_);
      ++rows_;
      return true;
    });
    if (batch.kind != ColumnType::Kind::null) end_batch(std::move(batch), where);
  }
}

void Dataset::end_batch(ColumnType batch, const std::string& where) {
  batch = format_->finish(std::move(batch), where);
  if (!types_) types_ = batch;
  size_t hint = 0;
  for (const auto& [name, type] : batch.fields) {
    const ColumnType::Field* column = find_field(*types_, name, hint++);
    if (!column) {
      throw Error(where, fmt::format("the column '{}' is new", name),
                  "the columns of the first rows");
    }
    require_castable(type, column->type, name, where);
  }
  batches_.back().push_back(std::move(batch));
}

std::vector<std::string> Dataset::nested_timestamps() const {
  std::vector<std::string> names;
  for (const auto& [name, type] : types_->fields) {
    if (holds_nested_timestamp(type)) names.push_back(name);
  }
  return names;
}

void Dataset::for_each(const Visitor& visit) const {
  int64_t row = 0;
  bool more = true;
  for (size_t file = 0; more && file < files_.files.size(); ++file) {
    const Path& path = files_.files[file];
    format_->read(path, [&](RawRow raw) {
      std::string where = fmt::format("{}:{}", path.string(), raw.line);
      if (raw.batch >= std::ssize(batches_[file]) || row >= rows_) {
        throw Error(where, "the file has grown since it was opened");
      }
      const ColumnType& batch = batches_[file][raw.batch];
      std::vector<std::string> absent;
      for (const std::string& column : columns_) {
        if (!raw.columns.contains(column)) absent.push_back(column);
      }
      Json columns = format_->typed(std::move(raw.columns), batch, *types_);
      columns = cast(std::move(columns), batch, *types_, where);
      more = visit(row++, {std::move(columns), std::move(where), std::move(absent)});
      return more;
    });
  }
}

Documents Dataset::read(std::optional<int64_t> limit) const {
  Documents documents;
  if (limit && *limit <= 0) return documents;
  for_each([&](int64_t row, Document document) {
    documents.push_back(std::move(document));
    return !limit || row + 1 < *limit;
  });
  return documents;
}

}  // namespace e2lm
