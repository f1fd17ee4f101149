#include "reports/page.h"

#include <fmt/format.h>

#include "base/version.h"
#include "reports/assets.h"
#include "reports/table.h"

namespace e2lm {
namespace {

std::string html_table(const Table& table, std::string_view id) {
  std::string html = fmt::format("<table id=\"{}\"><thead><tr>", id);
  for (size_t c = 0; c < table.header.size(); ++c) {
    html += fmt::format("<th scope=\"col\"{}>{}</th>", c < table.left ? "" : " class=\"number\"",
                        escape_html(table.header[c]));
  }
  html += "</tr></thead><tbody>\n";
  for (const auto& row : table.rows) {
    html += "<tr>";
    for (size_t c = 0; c < row.size(); ++c) {
      html += fmt::format("<td{}>{}</td>", c < table.left ? "" : " class=\"number\"",
                          escape_html(row[c]));
    }
    html += "</tr>\n";
  }
  return html + "</tbody></table>\n";
}

// Checkpoints of all series, and the cells without a result.
std::string summary(const Report& report) {
  int64_t done = 0;
  double seconds = 0;
  for (const ReportCell& cell : report.cells) {
    done += cell.state == "done";
    seconds += cell.seconds;
  }
  return fmt::format(
      "<p class=\"summary\">{} of {} cells (checkpoint × task) have results, "
      "computed in {:.0f} s on {}.</p>\n",
      done, report.cells.size(), seconds, escape_html(report.settings));
}

std::string missing_cells(const Report& report) {
  Table table{.header = {"series", "task", "state", "why", "step"}, .left = 4};
  for (const ReportCell& cell : report.cells) {
    if (cell.state == "done") continue;
    table.rows.push_back(
        {cell.series, cell.task, cell.state, cell.error, fmt::format("{}", cell.step)});
  }
  if (table.rows.empty()) return "";
  return "<h2>Without a result</h2>\n" + html_table(table, "missing");
}

std::string explanation(const Report& report) {
  return fmt::format(
      "<p><b>signal</b>: mean signal quality of the science series on {}; <b>noise</b>: what noise "
      "alone scores, <b>p</b> the chance that it scores as high. <b>early</b>, <b>late</b>: series "
      "that end the phase above chance. <b>ranking</b>: on {}, reference {}. {}</p>\n",
      escape_html(report.rules.early.describe()), escape_html(report.rules.late.describe()),
      escape_html(report.rules.reference.describe()), escape_html(kComplianceNote));
}

// Whole numbers and the like may be put in by name: {{title}}.
std::string fill(std::string_view page,
                 const std::vector<std::pair<std::string, std::string>>& by) {
  std::string html;
  while (!page.empty()) {
    const size_t open = page.find("{{");
    html += page.substr(0, open);
    if (open == std::string_view::npos) break;
    const size_t close = page.find("}}", open);
    const std::string_view name = page.substr(open + 2, close - open - 2);
    for (const auto& [key, value] : by) {
      if (key == name) html += value;
    }
    page.remove_prefix(close + 2);
  }
  return html;
}

}  // namespace

std::string escape_html(std::string_view text) {
  std::string html;
  for (const char c : text) {
    switch (c) {
      case '&':
        html += "&amp;";
        break;
      case '<':
        html += "&lt;";
        break;
      case '>':
        html += "&gt;";
        break;
      case '"':
        html += "&quot;";
        break;
      case '\'':
        html += "&#39;";
        break;
      default:
        html += c;
    }
  }
  return html;
}

std::string script_json(const Json& json) {
  std::string text;
  for (const char c : json.dump()) {
    if (c == '<') {
      text += "\\u003c";
    } else {
      text += c;
    }
  }
  return text;
}

std::string page_html(const Report& report) {
  return fill(asset("page.html"),
              {{"style", std::string(asset("page.css"))},
               {"chart.js", std::string(asset("chart.js"))},
               {"script", std::string(asset("page.js"))},
               {"data", script_json(report_json(report))},
               {"version", kVersion},
               {"summary", summary(report)},
               {"explanation", explanation(report)},
               {"leaderboard", html_table(leaderboard_table(report), "leaderboard")},
               {"signal", html_table(signal_table(report), "signal")},
               {"missing", missing_cells(report)},
               {"cells", html_table(cells_table(report), "cells")}});
}

}  // namespace e2lm
