#include "tasks/dataset/json_format.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <set>
#include <string_view>
#include <utility>

#include "base/error.h"
#include "base/text.h"
#include "tasks/dataset/fast_json.h"
#include "tasks/dataset/json_values.h"
#include "tasks/dataset/timestamp.h"

namespace e2lm {
namespace {

using Kind = ColumnType::Kind;

constexpr int64_t kBatchBytes = 10 << 20;

// The original reads a batch in blocks of this size, unless it is more than eight of them.
constexpr int64_t kBlockBytes = kBatchBytes / 32;

// {"__float__": "NaN"} and the like, as parse_python_json gives them, as doubles.
Json with_non_finite(Json value) {
  if (!value.is_structured()) return value;
  if (value.is_object() && value.size() == 1 && value.begin().key() == "__float__") {
    const std::string name = value.begin().value().get<std::string>();
    constexpr double kInfinity = std::numeric_limits<double>::infinity();
    if (name == "NaN") return std::numeric_limits<double>::quiet_NaN();
    return name == "Infinity" ? kInfinity : -kInfinity;
  }
  for (Json& item : value) item = with_non_finite(std::move(item));
  return value;
}

Json parse_value(const std::string& text, const JsonValues& values, int64_t line) {
  const bool non_finite =
      text.find("NaN") != std::string::npos || text.find("Infinity") != std::string::npos;
  if (!non_finite) return parse_json(text, values.path().string(), line);
  const std::string where = fmt::format("{}:{}", values.path().string(), line);
  return with_non_finite(parse_python_json(text, where));
}

// An object stays, null is a row of nulls, anything else a row that is refused.
Json as_row(Json value, const JsonValues& values, int64_t line) {
  if (value.is_null()) return Json::object();
  if (value.is_object()) return value;
  throw Error(fmt::format("{}:{}", values.path().string(), line), "is no object",
              "{\"column\": value, ..} for each row");
}

// Says which batch a row belongs to by the byte where its line begins: a batch takes all lines up
// to and with the one in which its 10 MiB are full.
class Batches {
 public:
  int64_t next(int64_t offset) {
    if (offset - start_ <= kBatchBytes) return batch_;
    start_ = offset;
    return ++batch_;
  }
  int64_t start() const { return start_; }  // of the row's batch

 private:
  int64_t batch_ = 0, start_ = 0;
};

// Whether each line of the first batch is a row: none is blank or a part of one. The original
// compares the keys of objects line by line, and gives that up where it cannot read one.
bool rows_are_lines(const Path& path) {
  InputFile file(path);
  std::string text;
  while (file.offset() <= kBatchBytes && file.read_line(text)) {
    const std::string_view line = trim(text);
    if (line != "null" && !(line.starts_with('{') && line.ends_with('}'))) return false;
  }
  return true;
}

// The names of columns that are read as dates; see json_format.h.
bool named_like_date(std::string_view column) {
  const std::string name = ascii_lower(column);
  return name.ends_with("_at") || name.ends_with("_time") || name == "modified" || name == "date" ||
         name == "datetime" || name.starts_with("timestamp");
}

// A time with a zone keeps it in such a column; nothing else here knows zones.
void require_no_zone(const Json& row, const std::string& where) {
  for (const auto& [name, value] : row.items()) {
    if (!value.is_string() || !named_like_date(name)) continue;
    const auto& text = value.get_ref<const std::string&>();
    if (text.find_first_of("Z+-", 10) == std::string::npos || !parse_timestamp(text)) continue;
    throw Error(where, fmt::format("the time {} in '{}' has a zone", value.dump(), name),
                "times without one");
  }
}

// Everything that only looked like a timestamp is text again.
void forget_timestamps(ColumnType& type) {
  if (type.kind == Kind::timestamp) type.kind = Kind::text;
  for (ColumnType::Field& field : type.fields) forget_timestamps(field.type);
}

class JsonFormat : public RowFormat {
 public:
  explicit JsonFormat(std::string field) : field_(std::move(field)) {}

  void read(const Path& path, const Visitor& visit) const override;
  void widen(ColumnType& batch, const RawRow& row, bool first) const override;
  ColumnType finish(ColumnType batch, const std::string& where) const override;
  Json typed(Json columns, const ColumnType& batch, const ColumnType& first) const override;

 private:
  bool has_field() const { return !field_.empty(); }
  bool read_lines(JsonValues& values, const Visitor& visit) const;
  bool read_array(JsonValues& values, const Visitor& visit) const;
  void read_field(JsonValues& values, const Visitor& visit) const;
  Json array_row(Json value, const JsonValues& values, int64_t line, bool texts) const;

  std::string field_;
};

void JsonFormat::read(const Path& path, const Visitor& visit) const {
  JsonValues values(path);
  const int64_t start = values.offset();
  if (values.peek() < 0) throw Error(path.string(), "has no rows", "JSON");
  const bool at_start = values.offset() == start;
  if (has_field()) {
    read_field(values, visit);
  } else if (values.peek() == '[') {
    if (!at_start) {
      // The original then reads the file as it reads a field, which gives other types.
      throw Error(values.where(), "white space stands before the list", "'[' as the first byte");
    }
    if (read_array(values, visit) && values.peek() >= 0) {
      throw Error(values.where(), "is not valid JSON", "the end of the file after the array");
    }
  } else {
    read_lines(values, visit);
  }
}

bool JsonFormat::read_lines(JsonValues& values, const Visitor& visit) const {
  const bool in_lines = rows_are_lines(values.path());
  Batches batches;
  while (values.peek() >= 0) {
    const int64_t line = values.line(), offset = values.offset();
    const std::string text = values.take();
    Json row = as_row(parse_value(text, values, line), values, line);
    const int64_t batch = batches.next(offset);
    const int64_t end = values.offset() - batches.start();
    if (!visit({std::move(row), line, batch, end, in_lines})) return false;
  }
  return true;
}

// Rows of an array went through the fast library, those of a field twice.
Json JsonFormat::array_row(Json value, const JsonValues& values, int64_t line, bool texts) const {
  value = fast_written(fast_read(std::move(value)));
  if (has_field()) value = fast_read(std::move(value));
  if (texts) return Json{{"text", std::move(value)}};
  if (has_field() && value.is_null()) value = 0;  // no row there
  Json row = as_row(std::move(value), values, line);
  if (has_field()) require_no_zone(row, fmt::format("{}:{}", values.path().string(), line));
  return row;
}

bool JsonFormat::read_array(JsonValues& values, const Visitor& visit) const {
  values.expect('[');
  const bool texts = values.peek() != '{';
  bool more = values.peek() != ']';
  while (more) {
    values.peek();
    const int64_t line = values.line();
    Json value = parse_value(values.take(), values, line);
    if (texts && value.is_structured()) {
      throw Error(fmt::format("{}:{}", values.path().string(), line), "is no text",
                  "the same as in the first rows");
    }
    Json row = array_row(std::move(value), values, line, texts);
    if (!visit({std::move(row), line, 0, values.offset()})) return false;
    more = values.peek() == ',';
    if (more) values.expect(',');
  }
  values.expect(']');
  return true;
}

void JsonFormat::read_field(JsonValues& values, const Visitor& visit) const {
  if (values.peek() != '{') {
    throw Error(values.where(), "is no object", fmt::format("{{\"{}\": [..]}}", field_));
  }
  values.expect('{');
  std::set<std::string> keys;
  bool more = values.peek() != '}';
  while (more) {
    if (values.peek() != '"') throw Error(values.where(), "is not valid JSON", "a key in quotes");
    const std::string key = parse_json(values.take(), values.path().string(), values.line());
    if (!keys.insert(key).second) {
      throw Error(values.where(), fmt::format("has the key '{}' twice", key));
    }
    values.expect(':');
    if (key == field_ && values.peek() != '[') {
      throw Error(values.where(), fmt::format("'{}' is no list", key), "a list of objects");
    }
    if (key == field_ ? !read_array(values, visit) : (values.skip(), false)) return;
    more = values.peek() == ',';
    if (more) values.expect(',');
  }
  values.expect('}');
  if (values.peek() >= 0) {
    throw Error(values.where(), "is not valid JSON", "the end of the file after the object");
  }
  if (!keys.contains(field_)) {
    throw Error(values.path().string(), fmt::format("has no key '{}'", field_),
                "the key named by `field`");
  }
}

void JsonFormat::widen(ColumnType& batch, const RawRow& row, bool first) const {
  widen_row(batch, row.columns,
            {.objects_differ = first && row.in_lines && !has_field(),
             .timestamps = true,
             .block = row.end / kBlockBytes});
  batch.bytes = row.end;
}

template <typename Test>
bool any_list(const ColumnType& type, const Test& test) {
  return (type.kind == Kind::list && test(type.nulls)) ||
         std::any_of(type.fields.begin(), type.fields.end(),
                     [&](const ColumnType::Field& field) { return any_list(field.type, test); });
}

bool is_read_twice(const ColumnType& batch) {
  const bool one_block = batch.bytes / 8 > kBlockBytes;
  return any_list(batch, [&](const ListNulls& nulls) {
    return one_block ? nulls.lost_in_batch() : nulls.lost_in_blocks();
  });
}

void finish_field_column(ColumnType::Field& column, const std::string& where) {
  ColumnType& type = column.type;
  const auto refuse = [&](std::string_view what, std::string_view expected) {
    throw Error(where, fmt::format("the column '{}' {}", column.name, what), expected);
  };
  if (holds_mixed(type)) refuse("has values of different types", "one type in all rows");
  if (type.beyond) refuse("has an integer beyond 64 bits", "smaller integers, or text");
  // These the original rounds to doubles on the way.
  const bool whole = type.kind == Kind::number && !type.fractional;
  if (type.large && (whole || (type.kind == Kind::integer && type.has_null))) {
    refuse("has large integers and values that are none", "only integers");
  }
  if (whole) type.kind = Kind::integer;
  if (type.kind != Kind::timestamp || !named_like_date(column.name)) forget_timestamps(type);
  if (!named_like_date(column.name)) return;
  if (type.kind == Kind::integer || type.kind == Kind::number) {
    refuse("is named like a date and has numbers", "another name, or dates as text");
  }
  if (type.kind == Kind::text) {
    refuse("is named like a date and its texts are not all dates",
           "another name, or YYYY-MM-DD hh:mm:ss in every row");
  }
}

ColumnType JsonFormat::finish(ColumnType batch, const std::string& where) const {
  if (has_field()) {
    for (ColumnType::Field& column : batch.fields) finish_field_column(column, where);
  } else if (is_read_twice(batch)) {
    batch.read_twice = true;
    forget_timestamps(batch);
  }
  return batch;
}

Json JsonFormat::typed(Json columns, const ColumnType& batch, const ColumnType& first) const {
  // One mixed column and all rows are written anew by the fast library.
  if (!has_field() && holds_mixed(first)) columns = fast_written(fast_read(std::move(columns)));
  if (batch.read_twice) columns = fast_read(std::move(columns));
  return columns;
}

}  // namespace

std::unique_ptr<RowFormat> json_format(std::string field) {
  return std::make_unique<JsonFormat>(std::move(field));
}

}  // namespace e2lm
