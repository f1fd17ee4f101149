#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <set>

#include "harness/lm_eval/results.h"
#include "tasks/template/template.h"

namespace e2lm::lm_eval {
namespace {

constexpr size_t kColumns = 9;
using Row = std::array<std::string, kColumns>;

// Names in the order of display with their depth: groups with what is in them, then the rest, each
// sorted.
class Hierarchy {
 public:
  explicit Hierarchy(const Json& results) : children_(results["group_subtasks"]) {
    std::set<std::string> inner;
    for (const auto& [group, names] : children_.items()) {
      for (const Json& name : names) inner.insert(name);
    }
    std::set<std::string> groups, all;
    for (const auto& [group, names] : children_.items()) groups.insert(group);
    for (const auto& [name, entry] : results["results"].items()) all.insert(name);
    for (const std::string& group : groups) {
      if (!inner.contains(group)) visit(group, 0);
    }
    for (const std::string& name : all) {
      if (!depth_.contains(name)) order_.emplace_back(name, 0);
    }
  }

  const std::vector<std::pair<std::string, int>>& order() const { return order_; }

 private:
  void visit(const std::string& name, int depth) {
    depth_[name] = depth;
    order_.emplace_back(name, depth);
    if (!children_.contains(name)) return;
    std::set<std::string> sorted;
    for (const Json& child : children_[name]) sorted.insert(child);
    for (const std::string& child : sorted) visit(child, depth + 1);
  }

  const Json& children_;
  std::map<std::string, int> depth_;
  std::vector<std::pair<std::string, int>> order_;
};

std::string arrow(const Json& better, const std::string& metric) {
  const Json higher = better.value(metric, Json());
  if (!higher.is_boolean()) return "";
  return higher.get<bool>() ? "↑" : "↓";
}

// 1.0 is shown as 1, as by the original's table writer.
std::string version_of(const Json& version) {
  if (version.is_number_float()) return fmt::format("{:g}", version.get<double>());
  return python_str(version);
}

std::string number(const Json& value) {
  if (!value.is_number()) return "N/A";
  const auto real = value.get<double>();
  return std::isnan(real) ? "nan" : fmt::format("{:.4f}", real);  // Python shows no sign of NaN
}

void add_rows(const Json& results, const std::string& name, int depth, const Json& entry,
              std::vector<Row>& rows) {
  const Json better = results["higher_is_better"].value(name, Json::object());
  const Json shots = results["n-shot"].value(name, Json(" "));
  std::string shown = entry.value("alias", name);
  if (depth > 0) shown = std::string(static_cast<size_t>(depth), ' ') + "- " + shown;
  std::string version = version_of(results["versions"].value(name, Json("N/A")));
  std::map<std::string, Json> values;  // sorted
  for (const auto& [key, value] : entry.items()) values[key] = value;
  bool any = false;
  for (const auto& [key, value] : values) {
    const size_t comma = key.find(',');
    if (comma == std::string::npos || key.substr(0, comma).ends_with("_stderr")) continue;
    const std::string metric = key.substr(0, comma), filter = key.substr(comma + 1);
    rows.push_back({shown, version, filter, python_str(shots), metric, arrow(better, metric),
                    number(value), "±", number(values[metric + "_stderr," + filter])});
    shown = version = "";
    any = true;
  }
  if (!any) rows.push_back({shown, version, "", python_str(shots), "", "", "", "", ""});
}

std::string markdown(const Row& header, const std::vector<Row>& rows) {
  std::array<int64_t, kColumns> widths{};
  const auto measure = [&](const Row& row) {
    for (size_t c = 0; c < kColumns; ++c) widths[c] = std::max(widths[c], count_characters(row[c]));
  };
  measure(header);
  for (const Row& row : rows) measure(row);
  std::string text;
  const auto add = [&](const Row& row) {
    for (size_t c = 0; c < kColumns; ++c) {
      const std::string pad(widths[c] - count_characters(row[c]), ' ');
      const bool number_column = c == 3 || c == 6 || c == 8;
      text += "|" + (number_column ? pad + row[c] : row[c] + pad);
    }
    text += "|\n";
  };
  add(header);
  for (const int64_t width : widths) text += "|" + std::string(width, '-');
  text += "|\n";
  for (const Row& row : rows) add(row);
  return text;
}

std::string table_of(const Json& results, const Json& entries, const char* title) {
  std::vector<Row> rows;
  const Hierarchy hierarchy(results);
  for (const auto& [name, depth] : hierarchy.order()) {
    if (entries.contains(name)) add_rows(results, name, depth, entries[name], rows);
  }
  return markdown({title, "Version", "Filter", "n-shot", "Metric", "", "Value", "", "Stderr"},
                  rows);
}

}  // namespace

std::string results_table(const Json& results) {
  std::string text = table_of(results, results["results"], "Tasks");
  if (results.contains("groups")) text += "\n" + table_of(results, results["groups"], "Groups");
  return text;
}

}  // namespace e2lm::lm_eval
