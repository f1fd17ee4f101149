#include "reports/table.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "base/json.h"
#include "base/progress.h"
#include "base/terminal.h"
#include "base/text.h"
#include "scoring/judgement/absences.h"

namespace e2lm {
namespace {

// Judgements by metric, best total (failing that, best signal) first.
std::vector<const Judgement*> ranked(const Report& report) {
  std::vector<const Judgement*> order;
  std::map<std::string, size_t> metric_place;
  for (const Judgement& judgement : report.judgements) {
    metric_place.emplace(judgement.metric, metric_place.size());
    order.push_back(&judgement);
  }
  const auto key = [&](const Judgement* j) {
    return std::tuple(metric_place[j->metric], -j->total.value_or(-1),
                      -j->signal_mean.value_or(-1));
  };
  std::stable_sort(order.begin(), order.end(),
                   [&](const Judgement* a, const Judgement* b) { return key(a) < key(b); });
  return order;
}

std::string share(int64_t count, int64_t of) {
  return of == 0 ? "–" : fmt::format("{}/{}", count, of);
}

std::string p_value(std::optional<double> p) {
  if (!p) return "–";
  return *p < 0.001 ? "<0.001" : fmt::format("{:.3f}", *p);
}

std::vector<size_t> column_widths(const Table& table) {
  std::vector<size_t> widths;
  for (const std::string& cell : table.header) widths.push_back(count_characters(cell));
  for (const auto& row : table.rows) {
    for (size_t c = 0; c < row.size(); ++c) {
      widths[c] = std::max<size_t>(widths[c], count_characters(row[c]));
    }
  }
  return widths;
}

// Cells that a terminal shows in one line each.
Table in_lines(Table table) {
  const auto show = [](std::vector<std::string>& cells) {
    for (std::string& cell : cells) {
      for (char& c : cell) c = c == '\n' || c == '\r' || c == '\t' ? ' ' : c;
      cell = for_terminal(cell);
    }
  };
  show(table.header);
  for (auto& row : table.rows) show(row);
  return table;
}

std::string escape_markdown(const std::string& text) {
  constexpr std::string_view kMarkup = "|\\<`*_[~&$";
  std::string escaped;
  for (const char c : for_terminal(text)) {  // which shows Markdown as it is, too
    if (kMarkup.find(c) != std::string_view::npos) escaped += '\\';
    escaped += c == '\n' || c == '\r' ? ' ' : c;  // a row is a line
  }
  return escaped;
}

void remove_column(Table& table, int64_t column) {
  table.header.erase(table.header.begin() + column);
  for (std::vector<std::string>& row : table.rows) row.erase(row.begin() + column);
}

}  // namespace

std::string list_names(const std::vector<std::string>& names) {
  constexpr size_t kMost = 8;
  if (names.size() <= kMost + 1) return fmt::format("{}", fmt::join(names, ", "));
  return fmt::format("{} and {} more", fmt::join(names.begin(), names.begin() + kMost, ", "),
                     names.size() - kMost);
}

std::string decimals(std::optional<double> value) {
  return value ? fmt::format("{:.3f}", *value) : "–";
}

std::string as_text(const Table& given) {
  const Table table = in_lines(given);
  const std::vector<size_t> widths = column_widths(table);
  const auto line = [&](const std::vector<std::string>& cells) {
    std::string text;
    for (size_t c = 0; c < cells.size(); ++c) {
      const std::string gap(widths[c] - count_characters(cells[c]), ' ');
      text += c < table.left ? cells[c] + gap : gap + cells[c];
      if (c + 1 < cells.size()) text += "  ";
    }
    return text.substr(0, text.find_last_not_of(' ') + 1) + "\n";
  };
  std::string text = line(table.header);
  for (const auto& row : table.rows) text += line(row);
  return text;
}

std::string as_text_within(const Table& table, size_t width) {
  const std::vector<size_t> widths = column_widths(table);
  const auto columns_to = [&](size_t from, size_t to, const std::vector<std::string>& cells) {
    std::vector<std::string> some(cells.begin(), cells.begin() + table.left);
    some.insert(some.end(), cells.begin() + from, cells.begin() + to);
    return some;
  };
  std::string text;
  size_t from = table.left;
  do {
    size_t line = 0, to = from;
    for (size_t c = 0; c < table.left; ++c) line += widths[c] + 2;
    while (to < widths.size() && (to == from || line + widths[to] <= width)) {
      line += widths[to++] + 2;
    }
    Table block{.header = columns_to(from, to, table.header), .left = table.left};
    for (const auto& row : table.rows) block.rows.push_back(columns_to(from, to, row));
    text += (text.empty() ? "" : "\n") + as_text(block);
    from = to;
  } while (from < widths.size());
  return text;
}

std::string as_markdown(const Table& table) {
  const auto line = [](const std::vector<std::string>& cells) {
    std::string text = "|";
    for (const std::string& cell : cells) text += fmt::format(" {} |", escape_markdown(cell));
    return text + "\n";
  };
  std::string text = line(table.header) + "|";
  for (size_t c = 0; c < table.header.size(); ++c) text += c < table.left ? "---|" : "---:|";
  text += "\n";
  for (const auto& row : table.rows) text += line(row);
  return text;
}

Table leaderboard_table(const Report& report, Intervals intervals) {
  const auto score = [intervals](std::optional<double> value,
                                 const std::optional<Interval>& interval) {
    if (!value || !interval || intervals == Intervals::left_out) return decimals(value);
    return fmt::format("{:.3f} ({:.3f} to {:.3f})", *value, interval->low, interval->high);
  };
  Table table{.header = {"task", "metric", "items", "signal", "noise", "p", "early", "late",
                         "ranking", "compliance", "total"},
              .left = 2};
  for (const Judgement* j : ranked(report)) {
    table.rows.push_back(
        {j->task, j->metric, j->items > 0 ? with_commas(j->items) : "–",
         score(j->signal_mean, j->signal_interval), decimals(j->signal_noise_mean),
         p_value(j->signal_noise_p), share(j->early_above, j->early_of),
         share(j->late_above, j->late_of), score(j->ranking_mean, j->ranking_interval),
         score(j->compliance_mean, j->compliance_interval), score(j->total, j->total_interval)});
  }
  if (std::ranges::all_of(report.judgements, [](const Judgement& j) { return j.items == 0; })) {
    remove_column(table, 2);
  }
  return table;
}

Table signal_table(const Report& report) {
  Table table{.header = {"task", "metric"}, .left = 2};
  if (report.judgements.empty()) return table;
  for (const SeriesSignal& series : report.judgements.front().signal) {
    table.header.push_back(series.series);
  }
  for (const Judgement* judgement : ranked(report)) {
    std::vector<std::string> row = {judgement->task, judgement->metric};
    for (const SeriesSignal& series : judgement->signal) {
      row.push_back(decimals(series.signal.quality));
    }
    table.rows.push_back(std::move(row));
  }
  return table;
}

Table cells_table(const Report& report) {
  struct Sum {
    int64_t cells = 0, done = 0, rows = 0;
    double seconds = 0;
  };
  std::map<std::pair<std::string, std::string>, Sum> sums;
  std::vector<std::pair<std::string, std::string>> order;
  for (const ReportCell& cell : report.cells) {
    const auto key = std::pair(cell.series, cell.task);
    if (!sums.contains(key)) order.push_back(key);
    Sum& sum = sums[key];
    ++sum.cells;
    sum.done += cell.state == "done";
    sum.rows += cell.rows;
    sum.seconds += cell.seconds;
  }
  Table table{.header = {"series", "task", "cells done", "prefixes computed", "seconds"},
              .left = 2};
  for (const auto& key : order) {
    const Sum& sum = sums[key];
    table.rows.push_back({key.first, key.second, fmt::format("{}/{}", sum.done, sum.cells),
                          with_commas(sum.rows), fmt::format("{:.2f}", sum.seconds)});
  }
  return table;
}

namespace {

// "no ranking of kinds acc, parts acc: the models ...", a line a reason.
std::vector<std::string> absence_lines(const Report& report) {
  std::map<std::pair<std::string, std::string>, std::vector<std::string>> judged;
  for (const Judgement& judgement : report.judgements) {
    for (const Absence& absence : absences(judgement)) {
      judged[{absence.part, absence.reason}].push_back(judgement.task + " " + judgement.metric);
    }
  }
  std::vector<std::string> lines;
  for (const auto& [key, names] : judged) {
    const bool all = names.size() == report.judgements.size();
    const std::string whose = all ? "" : fmt::format(" ({})", list_names(names));
    lines.push_back(fmt::format("no {}: {}{}", key.first, key.second, whose));
  }
  return lines;
}

}  // namespace

std::string shots_text(const std::map<std::string, int64_t>& shots) {
  std::map<int64_t, std::vector<std::string>> tasks;  // by their number
  for (const auto& [task, number] : shots) tasks[number].push_back(task);
  if (tasks.empty()) return "";
  std::vector<std::string> parts;
  for (const auto& [number, names] : tasks) {
    const std::string whose = tasks.size() == 1 ? "" : fmt::format(" ({})", list_names(names));
    parts.push_back(fmt::format("{}-shot{}", number, whose));
  }
  return fmt::format("Prompts: {}.", fmt::join(parts, ", "));
}

std::string leaderboard_text(const Report& report) {
  const auto missing = std::count_if(report.cells.begin(), report.cells.end(),
                                     [](const ReportCell& cell) { return cell.state != "done"; });
  std::string text = as_text(leaderboard_table(report));
  text += fmt::format(
      "\nsignal: mean signal quality of the science series on {}; noise: what noise alone scores,"
      "\n  p the chance that it scores as high. early, late: series that end the phase above "
      "chance."
      "\nranking: on {}, reference {}.\n{}\n",
      report.rules.early.describe(), report.rules.late.describe(),
      report.rules.reference.describe(), kComplianceNote);
  if (!report.shots.empty()) text += shots_text(report.shots) + "\n";
  for (const std::string& line : absence_lines(report)) text += line + "\n";
  if (missing > 0)
    text += fmt::format("{} of {} cells have no result.\n", missing, report.cells.size());
  return text;
}

std::string report_markdown(const Report& report) {
  std::string text = "# Leaderboard\n\n" + as_markdown(leaderboard_table(report, Intervals::shown));
  text += fmt::format(
      "\n**signal**: mean signal quality of the science series on {}; **noise**: what noise alone "
      "scores, **p** the chance that it scores as high. **early**, **late**: series that end the "
      "phase above chance. **ranking**: on {}, reference {}. {}\n",
      report.rules.early.describe(), report.rules.late.describe(),
      report.rules.reference.describe(), kComplianceNote);
  if (!report.shots.empty()) text += "\n" + escape_markdown(shots_text(report.shots)) + "\n";
  for (const std::string& line : absence_lines(report)) {
    text += "\n" + escape_markdown(line) + "\n";
  }
  text += "\n# Signal quality by series\n\n" + as_markdown(signal_table(report));
  text += "\n# Cells\n\n" + as_markdown(cells_table(report));
  std::string failed;
  for (const ReportCell& cell : report.cells) {
    if (cell.state == "done") continue;
    failed += fmt::format("- {} step {}, {}: {}{}\n", escape_markdown(cell.series), cell.step,
                          escape_markdown(cell.task), cell.state,
                          cell.error.empty() ? "" : ": " + escape_markdown(cell.error));
  }
  if (!failed.empty()) text += "\n# Without a result\n\n" + failed;
  return text;
}

}  // namespace e2lm
