#include "reports/page_tables.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "base/text.h"
#include "reports/html.h"

namespace e2lm {
namespace {

constexpr const char* kNone = "–";

struct Bounds {
  double low, high;
};

std::optional<Bounds> interval_of(const Json& row, std::string_view key) {
  const Json& pair = list_of(row, key);
  if (pair.size() != 2 || !pair[0].is_number() || !pair[1].is_number()) return {};
  const Bounds bounds = {pair[0].get<double>(), pair[1].get<double>()};
  return bounds.low <= bounds.high ? std::optional(bounds) : std::nullopt;
}

double percent(double share) {
  return 100 * std::clamp(share, 0.0, 1.0);
}

// A bar from 0 to 1; `mark` is where noise alone would be.
std::string bar(double value, std::optional<Bounds> interval, std::optional<double> mark) {
  std::string svg = fmt::format(
      "<svg class=\"bar\" viewBox=\"0 0 100 8\" preserveAspectRatio=\"none\" aria-hidden=\"true\">"
      "<rect class=\"rail\" y=\"1\" width=\"100\" height=\"6\"/>"
      "<rect class=\"fill\" y=\"1\" width=\"{:.1f}\" height=\"6\"/>",
      percent(value));
  if (mark) {
    svg += fmt::format("<rect class=\"mark\" x=\"{:.1f}\" width=\"1.5\" height=\"8\"/>",
                       std::min(percent(*mark), 98.5));
  }
  if (interval) {
    const double low = percent(interval->low), high = percent(interval->high);
    svg += fmt::format(
        "<rect class=\"whisker\" x=\"{:.1f}\" y=\"3.2\" width=\"{:.1f}\" "
        "height=\"1.6\"/>",
        low, std::max(high - low, 0.5));
  }
  return svg + "</svg>";
}

// A score from 0 to 1 with its interval, and a bar.
HtmlCell score_cell(const Json& row, std::string_view key, std::string_view interval_key,
                    std::optional<double> mark = {}) {
  const auto value = number_of(row, key);
  if (!value) return {kNone};
  const auto interval = interval_of(row, interval_key);
  std::string html = fmt::format("<b>{:.3f}</b>", *value);
  if (interval) {
    html += fmt::format("<small>{:.3f} to {:.3f}</small>", interval->low, interval->high);
  }
  return {html + bar(*value, interval, mark), value, "score"};
}

HtmlCell number_cell(std::optional<double> value, const char* format) {
  if (!value) return {kNone};
  return {escape_html(fmt::format(fmt::runtime(format), *value)), value};
}

HtmlCell noise_cell(const Json& row) {
  HtmlCell cell = number_cell(number_of(row, "null_mean"), "{:.3f}");
  if (const auto walk = number_of(row, "null_walk_mean")) {
    cell.html += fmt::format("<small>walk {:.3f}</small>", *walk);
  }
  return cell;
}

HtmlCell p_cell(std::optional<double> p) {
  if (p && *p < 0.001) return {"&lt;0.001", p};
  return number_cell(p, "{:.3f}");
}

HtmlCell share_cell(const Json& row, std::string_view key) {
  const Json& pair = list_of(row, key);
  if (pair.size() != 2 || !pair[0].is_number() || !pair[1].is_number()) return {kNone};
  const auto count = pair[0].get<double>(), of = pair[1].get<double>();
  if (of <= 0) return {kNone};
  return {fmt::format("{:g}/{:g}", count, of), count / of};
}

// 2.5e9 → "2.5 B".
std::string count_text(double count) {
  for (const auto& [size, unit] :
       {std::pair(1e12, "T"), std::pair(1e9, "B"), std::pair(1e6, "M"), std::pair(1e3, "k")}) {
    if (count < size) continue;
    const double units = count / size;
    if (units >= 999.5) return fmt::format("{:.0f} {}", units, unit);  // no "1e+03 B"
    return fmt::format("{:.3g} {}", units, unit);
  }
  return fmt::format("{:g}", count);
}

// Tokens of 0 are not known: then the step says where it is.
HtmlCell early_enough_cell(const Json& row) {
  const auto tokens = number_of(row, "early_enough_tokens");
  const auto step = number_of(row, "early_enough_step");
  if (tokens && (*tokens > 0 || !step)) return {count_text(*tokens), tokens};
  if (step) return {"step " + with_commas(static_cast<int64_t>(*step)), step};
  return {kNone};
}

// Rows of the leaderboard by metric, best first.
std::vector<const Json*> ranked(const Json& leaderboard) {
  std::map<std::string, size_t> metric_place;
  std::vector<const Json*> rows;
  for (const Json& row : leaderboard) {
    metric_place.emplace(text_of(row, "metric"), metric_place.size());
    rows.push_back(&row);
  }
  const auto key = [&](const Json* row) {
    return std::tuple(metric_place[text_of(*row, "metric")], -number_of(*row, "total").value_or(-1),
                      -number_of(*row, "signal_quality").value_or(-1));
  };
  std::stable_sort(rows.begin(), rows.end(),
                   [&](const Json* a, const Json* b) { return key(a) < key(b); });
  return rows;
}

std::string row_attributes(const Json& row) {
  return fmt::format("data-task=\"{}\" data-metric=\"{}\"", escape_html(text_of(row, "task")),
                     escape_html(text_of(row, "metric")));
}

HtmlCell task_cell(const Json& row) {
  const std::string task = text_of(row, "task");
  return {fmt::format("<a href=\"#task={}&amp;metric={}\">{}</a>", escape_address(task),
                      escape_address(text_of(row, "metric")), escape_html(task))};
}

// With how many documents a score is the mean of: those of the first ten look like those of all.
HtmlCell task_and_items_cell(const Json& row) {
  HtmlCell cell = task_cell(row);
  if (const auto items = number_of(row, "items")) {
    cell.html += fmt::format("<small>{} items</small>", with_commas(static_cast<int64_t>(*items)));
  }
  return cell;
}

struct ScoreColumn {
  HtmlColumn column;
  std::function<HtmlCell(const Json&)> cell;
};

std::vector<ScoreColumn> leaderboard_columns() {
  const auto signal = [](const Json& row) {
    return score_cell(row, "signal_quality", "signal_interval", number_of(row, "null_mean"));
  };
  return {
      {{"signal", true, "mean signal quality of the science series; the mark is noise alone"},
       signal},
      {{"noise", true, "what noise alone scores, and below a random walk"}, noise_cell},
      {{"p", true, "chance that noise alone scores as high"},
       [](const Json& row) { return p_cell(number_of(row, "null_p")); }},
      {{"early", true, "series above chance at the end of the early phase"},
       [](const Json& row) { return share_cell(row, "early_above_chance"); }},
      {{"late", true, "series above chance at the end of the late phase"},
       [](const Json& row) { return share_cell(row, "late_above_chance"); }},
      {{"ranking", true,
        "share of late checkpoints that keep the reference order, mean over pairs"},
       [](const Json& row) { return score_cell(row, "ranking_consistency", "ranking_interval"); }},
      {{"compliance", true, "gain from science text; not the official measure"},
       [](const Json& row) { return score_cell(row, "compliance", "compliance_interval"); }},
      {{"total", true, "weighted sum of signal, ranking and compliance; not official"},
       [](const Json& row) { return score_cell(row, "total", "total_interval"); }},
      {{"SNR", true, "signal-to-noise ratio between series at the last checkpoints"},
       [](const Json& row) { return number_cell(number_of(row, "snr"), "{:.2f}"); }},
      {{"order holds from", true, "training tokens from which on the final order of series holds"},
       early_enough_cell}};
}

// Columns that came later and are empty in older reports are left out.
bool is_shown(const std::string& title, const Json& leaderboard) {
  const auto any = [&](const char* key) {
    return std::any_of(leaderboard.begin(), leaderboard.end(),
                       [&](const Json& row) { return number_of(row, key).has_value(); });
  };
  if (title == "SNR") return any("snr");
  if (title == "order holds from") return any("early_enough_tokens");
  return true;
}

// Headings of columns must not be wide: of long names the two ends, for they often begin alike.
std::string shortened(const std::string& name) {
  constexpr int64_t kWidest = 40, kEnd = kWidest / 2;
  if (!is_utf8(name)) return name;
  const int64_t characters = count_characters(name);
  if (characters <= kWidest) return name;
  std::string head, tail;
  int64_t place = 0;
  for (const char c : name) {
    place += (static_cast<uint8_t>(c) & 0xC0) != 0x80;
    if (place <= kEnd) head += c;
    if (place > characters - kEnd) tail += c;
  }
  return head + "…" + tail;
}

std::string number_of_things(size_t count, const char* one, const char* many) {
  return fmt::format("<li><b>{}</b> {}</li>", with_commas(static_cast<int64_t>(count)),
                     count == 1 ? one : many);
}

}  // namespace

std::string leaderboard_html(const Json& report) {
  const Json& leaderboard = list_of(report, "leaderboard");
  HtmlTable table{.id = "leaderboard",
                  .caption = "Tasks by metric, best first",
                  .columns = {{"task"}, {"metric"}}};
  std::vector<ScoreColumn> columns = leaderboard_columns();
  std::erase_if(columns,
                [&](const ScoreColumn& c) { return !is_shown(c.column.title, leaderboard); });
  for (const ScoreColumn& column : columns) table.columns.push_back(column.column);
  for (const Json* row : ranked(leaderboard)) {
    std::vector<HtmlCell> cells = {task_and_items_cell(*row),
                                   {escape_html(text_of(*row, "metric"))}};
    for (const ScoreColumn& column : columns) cells.push_back(column.cell(*row));
    table.rows.push_back(std::move(cells));
    table.row_attributes.push_back(row_attributes(*row));
  }
  return html_table(table);
}

std::string signal_html(const Json& report) {
  std::vector<std::string> series;
  std::map<std::tuple<std::string, std::string, std::string>, double> quality;
  for (const Json& row : list_of(report, "signal")) {
    const std::string name = text_of(row, "series");
    if (std::find(series.begin(), series.end(), name) == series.end()) series.push_back(name);
    if (const auto value = number_of(row, "signal_quality")) {
      quality[{text_of(row, "task"), text_of(row, "metric"), name}] = *value;
    }
  }
  HtmlTable table{.id = "signal",
                  .caption = "Signal quality by task, metric and series",
                  .columns = {{"task"}, {"metric"}}};
  for (const std::string& name : series) table.columns.push_back({shortened(name), true, name});
  for (const Json* row : ranked(list_of(report, "leaderboard"))) {
    const std::string task = text_of(*row, "task"), metric = text_of(*row, "metric");
    std::vector<HtmlCell> cells = {task_cell(*row), {escape_html(metric)}};
    for (const std::string& name : series) {
      const auto found = quality.find({task, metric, name});
      if (found == quality.end()) {
        cells.push_back({kNone});
        continue;
      }
      const double value = found->second;
      cells.push_back({fmt::format("{:.3f}", value), value,
                       fmt::format("tint{}", static_cast<int>(percent(value) / 10))});
    }
    table.rows.push_back(std::move(cells));
    table.row_attributes.push_back(row_attributes(*row));
  }
  return html_table(table);
}

std::string tiles_html(const Json& report) {
  std::set<std::string> tasks, series;
  std::set<std::pair<std::string, int64_t>> checkpoints;
  for (const Json& curves : list_of(report, "curves")) {
    tasks.insert(text_of(curves, "task"));
    for (const Json& curve : list_of(curves, "series")) {
      const std::string name = text_of(curve, "series");
      series.insert(name);
      for (const Json& point : list_of(curve, "points")) {
        checkpoints.emplace(name, static_cast<int64_t>(number_of(point, "step").value_or(0)));
      }
    }
  }
  const Json& cells = list_of(report, "cells");
  const auto done = std::count_if(cells.begin(), cells.end(), [](const Json& cell) {
    return text_of(cell, "state") == "done";
  });
  std::string html = "<ul class=\"tiles\">" + number_of_things(tasks.size(), "task", "tasks") +
                     number_of_things(series.size(), "series", "series") +
                     number_of_things(checkpoints.size(), "checkpoint", "checkpoints");
  if (!cells.empty()) {
    html += fmt::format("<li><b>{}/{}</b> cells done</li>", with_commas(done),
                        with_commas(static_cast<int64_t>(cells.size())));
  }
  return html + number_of_things(list_of(report, "sanity").size(), "finding", "findings") +
         "</ul>\n";
}

}  // namespace e2lm
