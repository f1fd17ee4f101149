#include "reports/csv.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>

#include "reports/html.h"

namespace e2lm {
namespace {

bool is_number(std::string_view text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size();
}

bool is_formula(std::string_view text) {
  constexpr std::string_view kStarts = "=+-@\t\r";
  return !text.empty() && kStarts.find(text.front()) != std::string_view::npos && !is_number(text);
}

std::string csv_cell(const std::string& text) {
  const std::string safe = is_formula(text) ? "'" + text : text;
  const bool spaced = !safe.empty() && (safe.front() == ' ' || safe.back() == ' ');
  if (!spaced && safe.find_first_of(",\"\n\r\t") == std::string::npos) return safe;
  std::string quoted = "\"";
  for (const char c : safe) {
    if (c == '"') quoted += '"';
    quoted += c;
  }
  return quoted + "\"";
}

std::string csv_line(const std::vector<std::string>& cells) {
  std::string line;
  for (size_t c = 0; c < cells.size(); ++c) line += (c == 0 ? "" : ",") + csv_cell(cells[c]);
  return line + "\n";
}

// A scalar as a cell.
std::string cell_text(const Json& value) {
  if (value.is_string()) return value.get<std::string>();
  if (value.is_boolean()) return value.get<bool>() ? "true" : "false";
  if (value.is_number_integer()) return value.dump();
  if (value.is_number()) {
    const auto number = value.get<double>();
    return std::isfinite(number) ? fmt::format("{}", number) : "";
  }
  return "";
}

bool ends_with(std::string_view text, std::string_view end) {
  return text.size() >= end.size() && text.substr(text.size() - end.size()) == end;
}

using Cells = std::vector<std::pair<std::string, std::string>>;  // name of the column, text

// The numbers and words of an object, members of members too; longer lists are left out.
void flatten(const Json& value, const std::string& name, Cells& cells) {
  if (value.is_object()) {
    for (const auto& [key, member] : value.items()) {
      flatten(member, name.empty() ? key : name + "." + key, cells);
    }
  } else if (value.is_array()) {
    if (value.size() != 2 || value[0].is_structured() || value[1].is_structured()) return;
    const bool bounds = ends_with(name, "interval");
    cells.emplace_back(name + (bounds ? ".low" : ".count"), cell_text(value[0]));
    cells.emplace_back(name + (bounds ? ".high" : ".of"), cell_text(value[1]));
  } else if (value.is_null() && ends_with(name, "interval")) {  // the same columns in every report
    cells.emplace_back(name + ".low", "");
    cells.emplace_back(name + ".high", "");
  } else {
    cells.emplace_back(name, cell_text(value));
  }
}

// A column for every name that any row has; "x" of an absent object x is dropped beside "x.y".
Table table_of(const std::vector<Cells>& rows) {
  std::vector<std::string> names;
  for (const Cells& row : rows) {
    for (const auto& [name, text] : row) {
      if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
    }
  }
  std::erase_if(names, [&](const std::string& name) {
    return std::any_of(names.begin(), names.end(), [&](const std::string& other) {
      return other.size() > name.size() && other.starts_with(name + ".");
    });
  });
  Table table{.header = names};
  for (const Cells& row : rows) {
    std::vector<std::string> cells(names.size());
    for (const auto& [name, text] : row) {
      const auto place = std::find(names.begin(), names.end(), name);
      if (place != names.end()) cells[place - names.begin()] = text;
    }
    table.rows.push_back(std::move(cells));
  }
  return table;
}

std::string flat_csv(const Json& list) {
  std::vector<Cells> rows;
  for (const Json& row : list) flatten(row, "", rows.emplace_back());
  return as_csv(table_of(rows));
}

std::string member_text(const Json& object, const char* key) {
  const auto member = object.find(key);
  return member == object.end() ? "" : cell_text(*member);
}

}  // namespace

std::string as_csv(const Table& table) {
  std::string text = csv_line(table.header);
  for (const auto& row : table.rows) text += csv_line(row);
  return text;
}

std::string leaderboard_csv(const Json& report) {
  return flat_csv(list_of(report, "leaderboard"));
}

std::string signal_csv(const Json& report) {
  return flat_csv(list_of(report, "signal"));
}

std::string curves_csv(const Json& report) {
  Table table{.header = {"task", "metric", "series", "group", "mix", "step", "tokens", "value",
                         "standard_error"}};
  for (const Json& task : list_of(report, "curves")) {
    for (const Json& series : list_of(task, "series")) {
      for (const Json& point : list_of(series, "points")) {
        std::vector<std::string> row = {text_of(task, "task"), text_of(task, "metric")};
        for (const char* key : {"series", "group", "mix"}) row.push_back(text_of(series, key));
        for (const char* key : {"step", "tokens", "value", "standard_error"}) {
          row.push_back(member_text(point, key));
        }
        table.rows.push_back(std::move(row));
      }
    }
  }
  return as_csv(table);
}

}  // namespace e2lm
