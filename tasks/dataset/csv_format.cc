#include "tasks/dataset/csv_format.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdlib>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.h"
#include "tasks/dataset/csv_records.h"

namespace e2lm {
namespace {

using Kind = ColumnType::Kind;

constexpr int64_t kBatchRows = 10000;

bool is_missing(std::string_view cell) {
  static constexpr std::array<std::string_view, 19> kWords = {
      "",     "#N/A",   "#N/A N/A", "#NA",  "-1.#IND", "-1.#QNAN", "-NaN",
      "-nan", "1.#IND", "1.#QNAN",  "<NA>", "N/A",     "NA",       "NULL",
      "NaN",  "None",   "n/a",      "nan",  "null"};
  return cell.size() <= 8 && std::find(kWords.begin(), kWords.end(), cell) != kWords.end();
}

bool is_word(std::string_view cell, std::string_view lower_case) {
  return std::equal(cell.begin(), cell.end(), lower_case.begin(), lower_case.end(),
                    [](char a, char b) { return (a >= 'A' && a <= 'Z' ? a + 32 : a) == b; });
}

std::optional<bool> as_boolean(std::string_view cell) {
  if (is_word(cell, "true")) return true;
  if (is_word(cell, "false")) return false;
  return {};
}

// A number may stand between white space and begin with one sign; a `+` is dropped here.
std::string_view number_text(std::string_view cell) {
  constexpr std::string_view kSpace = " \t\n\v\f\r";
  const size_t first = cell.find_first_not_of(kSpace);
  if (first == std::string_view::npos) return {};
  cell = cell.substr(first, cell.find_last_not_of(kSpace) + 1 - first);
  if (cell.size() > 1 && cell[0] == '+' && cell[1] != '-' && cell[1] != '+') cell.remove_prefix(1);
  return cell;
}

bool is_whole(std::string_view text) {
  if (text.starts_with('-')) text.remove_prefix(1);
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

std::optional<int64_t> as_integer(std::string_view cell) {
  const std::string_view text = number_text(cell);
  int64_t value = 0;
  const auto result = std::from_chars(text.data(), text.data() + text.size(), value);
  if (result.ec != std::errc() || result.ptr != text.data() + text.size()) return {};
  return value;
}

std::optional<double> as_number(std::string_view cell) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  const std::string_view text = number_text(cell);
  const bool negative = text.starts_with('-');
  const std::string_view magnitude = text.substr(negative ? 1 : 0);
  if (text.size() + cell.starts_with('+') == cell.size()) {
    // Words for infinity may have no white space around them.
    if (is_word(magnitude, "inf") || is_word(magnitude, "infinity")) {
      return negative ? -kInfinity : kInfinity;
    }
  }
  if (magnitude.empty() || (magnitude[0] != '.' && (magnitude[0] < '0' || magnitude[0] > '9'))) {
    return {};
  }
  double value = 0;
  const auto result = std::from_chars(magnitude.data(), text.data() + text.size(), value);
  if (result.ptr != text.data() + text.size() || result.ec == std::errc::invalid_argument) {
    return {};
  }
  // Out of range: strtod says which way.
  if (result.ec != std::errc()) value = std::strtod(std::string(magnitude).c_str(), nullptr);
  return negative ? -value : value;
}

Kind kind_of(std::string_view cell) {
  if (as_integer(cell)) return Kind::integer;
  if (as_number(cell)) return Kind::number;
  return as_boolean(cell) ? Kind::boolean : Kind::text;
}

bool is_beyond_unsigned(std::string_view text) {
  uint64_t value = 0;
  const auto result = std::from_chars(text.data(), text.data() + text.size(), value);
  return result.ec == std::errc::result_out_of_range;
}

void widen_cell(ColumnType& type, std::string_view cell) {
  if (is_missing(cell)) {
    type.has_null = true;
    return;
  }
  if (type.kind == Kind::text) return;
  const Kind kind = kind_of(cell);
  if (kind == Kind::number && is_whole(number_text(cell))) {
    type.beyond = true;
    // Where only integers were seen, the original gives up looking for missing values too.
    const bool whole_so_far = type.kind != Kind::boolean && !type.fractional;
    if (whole_so_far && is_beyond_unsigned(number_text(cell))) type.no_missing = true;
  } else if (kind == Kind::number) {
    type.fractional = true;
  }
  const bool numeric = type.kind == Kind::integer || type.kind == Kind::number;
  const bool number_too = kind == Kind::integer || kind == Kind::number;
  if (type.kind == Kind::null || type.kind == kind) {
    type.kind = kind;
  } else {
    type.kind = numeric && number_too ? Kind::number : Kind::text;
  }
}

class CsvFormat : public RowFormat {
 public:
  explicit CsvFormat(char separator) : separator_(separator) {}

  void read(const Path& path, const Visitor& visit) const override;
  void widen(ColumnType& batch, const RawRow& row, bool first) const override;
  ColumnType finish(ColumnType batch, const std::string& where) const override;
  Json typed(Json columns, const ColumnType& batch, const ColumnType& first) const override;

 private:
  char separator_;
};

std::vector<std::string> read_header(CsvRecords& records, const Path& path) {
  std::vector<std::string> names;
  if (!records.next(names)) throw Error(path.string(), "is empty", "a header row");
  for (size_t i = 0; i < names.size(); ++i) {
    if (names[i].empty()) names[i] = fmt::format("Unnamed: {}", i);
    if (std::find(names.begin(), names.begin() + i, names[i]) != names.begin() + i) {
      throw Error(records.where(), fmt::format("the header has the name '{}' twice", names[i]),
                  "a name of its own for each column");
    }
  }
  return names;
}

void CsvFormat::read(const Path& path, const Visitor& visit) const {
  CsvRecords records(path, separator_);
  const std::vector<std::string> names = read_header(records, path);
  std::vector<std::string> cells;
  for (int64_t row = 0; records.next(cells); ++row) {
    if (cells.size() > names.size()) {
      throw Error(records.where(),
                  fmt::format("has {} fields where the header has {}", cells.size(), names.size()),
                  "no more than that; a field with the separator in it stands in quotes");
    }
    Json columns = Json::object();
    auto& items = columns.get_ref<Json::object_t&>();
    items.reserve(names.size());
    cells.resize(names.size());
    for (size_t i = 0; i < names.size(); ++i) items.emplace_back(names[i], std::move(cells[i]));
    if (!visit({std::move(columns), records.line(), row / kBatchRows})) return;
  }
}

void CsvFormat::widen(ColumnType& batch, const RawRow& row, bool) const {
  if (batch.kind == Kind::null) {
    batch.kind = Kind::object;
    for (const auto& [name, cell] : row.columns.items()) batch.fields.push_back({name, {}});
  }
  size_t i = 0;
  for (const Json& cell : row.columns) {
    widen_cell(batch.fields[i++].type, cell.get_ref<const std::string&>());
  }
}

ColumnType CsvFormat::finish(ColumnType batch, const std::string& where) const {
  for (auto& [name, type] : batch.fields) {
    // Missing values are NaN there, a double.
    if (type.kind == Kind::null || (type.kind == Kind::integer && type.has_null)) {
      type.kind = Kind::number;
    }
    if (type.no_missing && type.fractional) type.kind = Kind::text;
    if (type.kind == Kind::number && type.beyond) {
      throw Error(where, fmt::format("the column '{}' has an integer beyond 64 bits", name),
                  "smaller integers, or text");
    }
  }
  return batch;
}

Json cell_value(std::string& cell, const ColumnType& type) {
  const Kind kind = type.kind;
  if (!type.no_missing && is_missing(cell)) return nullptr;
  if (kind == Kind::boolean) return *as_boolean(cell);
  if (kind == Kind::integer) return *as_integer(cell);
  if (kind == Kind::number) return *as_number(cell);
  return std::move(cell);
}

Json CsvFormat::typed(Json columns, const ColumnType& batch, const ColumnType&) const {
  size_t i = 0;
  for (Json& cell : columns) {
    cell = cell_value(cell.get_ref<std::string&>(), batch.fields[i++].type);
  }
  return columns;
}

}  // namespace

std::unique_ptr<RowFormat> csv_format(char separator) {
  return std::make_unique<CsvFormat>(separator);
}

}  // namespace e2lm
