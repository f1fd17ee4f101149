#include "reports/page.h"

#include <fmt/format.h>

#include <map>

#include "base/version.h"
#include "reports/assets.h"
#include "reports/html.h"
#include "reports/page_data.h"
#include "reports/page_tables.h"
#include "reports/table.h"

namespace e2lm {
namespace {

std::map<std::string, int64_t> shots_of(const Json& report) {
  std::map<std::string, int64_t> shots;
  const auto given = report.find("num_fewshot");
  if (given == report.end() || !given->is_object()) return shots;
  for (const auto& [task, number] : given->items()) {
    if (number.is_number_integer()) shots[task] = number.get<int64_t>();
  }
  return shots;
}

// Where the scores come from: computed, and by what, or imported.
std::string summary(const Json& report) {
  double seconds = 0;
  for (const Json& cell : list_of(report, "cells")) {
    seconds += number_of(cell, "seconds").value_or(0);
  }
  const std::string engine = text_of(report, "engine");
  if (engine.empty() || list_of(report, "cells").empty()) return "";
  std::string text = seconds == 0 ? fmt::format("Scores: {}.", engine)
                                  : fmt::format("Computed in {:.0f} s on {}.", seconds, engine);
  if (const std::string prompts = shots_text(shots_of(report)); !prompts.empty()) {
    text += " " + prompts;
  }
  return fmt::format("<p class=\"summary\">{}</p>\n", escape_html(text));
}

std::string explanation(const Json& report) {
  const auto rules = report.find("rules");
  const std::string reference = rules == report.end() ? "" : text_of(*rules, "reference");
  return fmt::format(
      "<p class=\"note\"><b>signal</b>: mean signal quality of the science series on {}; the mark "
      "on its bar and <b>noise</b>: what noise alone scores, <b>p</b> the chance that it scores as "
      "high. <b>early</b>, <b>late</b>: series that end the phase above chance. <b>ranking</b>: on "
      "{}, reference {}. Whiskers and ranges are 95 % intervals. {}</p>\n",
      escape_html(text_of(report, "early_grid")), escape_html(text_of(report, "late_grid")),
      escape_html(reference), escape_html(text_of(report, "note")));
}

// Why parts of judgements are missing, a paragraph a reason.
std::string absences(const Json& report) {
  std::map<std::pair<std::string, std::string>, std::vector<std::string>> tasks;
  for (const Json& absence : list_of(report, "absences")) {
    tasks[{text_of(absence, "part"), text_of(absence, "reason")}].push_back(
        text_of(absence, "task") + " " + text_of(absence, "metric"));
  }
  std::string html;
  for (const auto& [key, names] : tasks) {
    const bool all = names.size() == list_of(report, "leaderboard").size();
    const std::string whose = all ? "" : fmt::format(" ({})", list_names(names));
    html += "<p class=\"note\">" +
            escape_html(fmt::format("No {}: {}{}.", key.first, key.second, whose)) + "</p>\n";
  }
  return html;
}

// Of a page that others follow: without scripts it reloads at once when its time has come, with
// them not under the reader's hands (assets/live.js).
std::string refresh(const Json& report) {
  const auto live = report.find("live");
  if (live == report.end()) return "";
  return fmt::format("<noscript><meta http-equiv=\"refresh\" content=\"{:.0f}\"></noscript>\n",
                     number_of(*live, "reload_seconds").value_or(60));
}

std::string live_note(const Json& report) {
  const auto live = report.find("live");
  if (live == report.end()) return "";
  return fmt::format(
      "<p id=\"live\" class=\"live\">The sweep goes on. Made {}; this page reloads itself every "
      "{:.0f} s.</p>\n",
      escape_html(text_of(*live, "made")), number_of(*live, "reload_seconds").value_or(60));
}

// Only what is inside runs, and nothing is loaded.
std::string security_policy() {
  return fmt::format(
      "default-src 'none'; script-src {} {}; style-src {}; base-uri 'none'; form-action 'none'",
      content_hash(asset("chart.js")), content_hash(asset("page.js")),
      content_hash(asset("page.css")));
}

// Puts values in for their names: {{title}}.
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

std::string page_html(const Json& report) {
  return fill(asset("page.html"), {{"policy", security_policy()},
                                   {"style", std::string(asset("page.css"))},
                                   {"chart.js", std::string(asset("chart.js"))},
                                   {"script", std::string(asset("page.js"))},
                                   {"data", script_json(page_data(report))},
                                   {"version", kVersion},
                                   {"refresh", refresh(report)},
                                   {"live", live_note(report)},
                                   {"tiles", tiles_html(report)},
                                   {"summary", summary(report)},
                                   {"explanation", explanation(report) + absences(report)},
                                   {"leaderboard", leaderboard_html(report)},
                                   {"signal", signal_html(report)},
                                   {"sanity", sanity_html(report)},
                                   {"cells", cells_html(report)}});
}

std::string page_html(const Report& report) {
  return page_html(report_json(report));
}

}  // namespace e2lm
