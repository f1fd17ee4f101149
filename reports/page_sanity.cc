#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "base/text.h"
#include "reports/html.h"
#include "reports/page_tables.h"

namespace e2lm {
namespace {

// Steps of a series in the order given: "40, 80, 120"; many of them by their ends and number.
std::string steps_text(const std::vector<int64_t>& steps) {
  constexpr size_t kShown = 8;
  if (steps.size() <= kShown) return fmt::format("{}", fmt::join(steps, ", "));
  return fmt::format("{} to {} ({} checkpoints)", steps.front(), steps.back(), steps.size());
}

// Cells without a result, those of one series and task with the same reason in one row.
HtmlTable unfinished_cells(const Json& cells) {
  HtmlTable table{.id = "missing",
                  .caption = "Cells without a result",
                  .columns = {{"series"}, {"task"}, {"state"}, {"why"}, {"steps"}}};
  using Key = std::array<std::string, 4>;
  std::map<Key, std::vector<int64_t>> steps;
  std::vector<Key> order;
  for (const Json& cell : cells) {
    if (text_of(cell, "state") == "done") continue;
    const Key key = {text_of(cell, "series"), text_of(cell, "task"), text_of(cell, "state"),
                     text_of(cell, "error")};
    if (!steps.contains(key)) order.push_back(key);
    steps[key].push_back(static_cast<int64_t>(number_of(cell, "step").value_or(0)));
  }
  for (const Key& key : order) {
    std::vector<HtmlCell> row;
    for (const std::string& text : key) row.push_back({escape_html(text)});
    row.push_back({steps_text(steps[key])});
    table.rows.push_back(std::move(row));
  }
  return table;
}

HtmlTable findings(const Json& sanity) {
  HtmlTable table{
      .id = "findings",
      .caption = "Findings",
      .columns = {{"kind"}, {"series"}, {"task"}, {"metric"}, {"step", true}, {"what"}}};
  for (const Json& finding : sanity) {
    const auto step = number_of(finding, "step");
    table.rows.push_back({{escape_html(text_of(finding, "kind"))},
                          {escape_html(text_of(finding, "series"))},
                          {escape_html(text_of(finding, "task"))},
                          {escape_html(text_of(finding, "metric"))},
                          {step ? fmt::format("{:.0f}", *step) : "–", step},
                          {escape_html(text_of(finding, "text"))}});
  }
  return table;
}

// "30 findings: at chance (28), outlier (2)."
std::string findings_summary(const Json& sanity) {
  std::vector<std::pair<std::string, size_t>> kinds;
  for (const Json& finding : sanity) {
    const std::string kind = text_of(finding, "kind");
    const auto known = std::find_if(kinds.begin(), kinds.end(),
                                    [&](const auto& counted) { return counted.first == kind; });
    if (known == kinds.end()) {
      kinds.emplace_back(kind, 1);
    } else {
      ++known->second;
    }
  }
  std::string text = fmt::format("{} finding{}:", sanity.size(), sanity.size() == 1 ? "" : "s");
  for (const auto& [kind, count] : kinds) text += fmt::format(" {} ({}),", kind, count);
  text.back() = '.';
  return "<p class=\"note\">" + escape_html(text) + "</p>\n";
}

}  // namespace

std::string sanity_html(const Json& report) {
  std::string html;
  const Json& sanity = list_of(report, "sanity");
  if (!sanity.empty()) {
    html += findings_summary(sanity) + "<div class=\"scroll\">" + html_table(findings(sanity)) +
            "</div>\n";
  }
  const HtmlTable unfinished = unfinished_cells(list_of(report, "cells"));
  if (!unfinished.rows.empty()) {
    html +=
        "<h3>Without a result</h3>\n<div class=\"scroll\">" + html_table(unfinished) + "</div>\n";
  }
  if (html.empty())
    return "<p class=\"fine\">Nothing odd was found, and every cell has a result.</p>\n";
  return html;
}

std::string cells_html(const Json& report) {
  struct Sum {
    int64_t cells = 0, done = 0;
    double rows = 0, seconds = 0;
  };
  std::map<std::pair<std::string, std::string>, Sum> sums;
  std::vector<std::pair<std::string, std::string>> order;
  for (const Json& cell : list_of(report, "cells")) {
    const auto key = std::pair(text_of(cell, "series"), text_of(cell, "task"));
    if (!sums.contains(key)) order.push_back(key);
    Sum& sum = sums[key];
    ++sum.cells;
    sum.done += text_of(cell, "state") == "done";
    sum.rows += number_of(cell, "rows").value_or(0);
    sum.seconds += number_of(cell, "seconds").value_or(0);
  }
  HtmlTable table{.id = "cells",
                  .caption = "Results and time by series and task",
                  .columns = {{"series"},
                              {"task"},
                              {"cells done", true},
                              {"prefixes computed", true},
                              {"seconds", true}}};
  for (const auto& key : order) {
    const Sum& sum = sums[key];
    table.rows.push_back({{escape_html(key.first)},
                          {escape_html(key.second)},
                          {fmt::format("{}/{}", sum.done, sum.cells),
                           static_cast<double>(sum.done) / static_cast<double>(sum.cells)},
                          {with_commas(static_cast<int64_t>(sum.rows)), sum.rows},
                          {fmt::format("{:.2f}", sum.seconds), sum.seconds}});
  }
  return html_table(table);
}

}  // namespace e2lm
