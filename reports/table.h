#pragma once

#include <optional>
#include <string>
#include <vector>

#include "reports/report.h"

namespace e2lm {

// "a, b, c"; of many the first ones: "a, b, c and 37 more".
std::string list_names(const std::vector<std::string>& names);

// Rows of text under a heading; the first `left` columns are words, the others numbers.
struct Table {
  std::vector<std::string> header;
  std::vector<std::vector<std::string>> rows;
  size_t left = 1;
};

std::string as_text(const Table& table);      // columns aligned by spaces, for terminals
std::string as_markdown(const Table& table);  // with | in cells escaped

// As text whose lines are no wider than so many characters: columns that have no room go on below,
// beside the words again.
std::string as_text_within(const Table& table, size_t width);

// Task × metric: mean signal quality over the science series and what noise scores, how many series
// end the early and the late phase above chance, ranking consistency, compliance, total.
// Best first within each metric, metrics in the order of the tasks' files. Intervals stand behind
// their scores where there is room: "0.828 (0.751 to 0.846)".
enum class Intervals { left_out, shown };
Table leaderboard_table(const Report& report, Intervals intervals = Intervals::left_out);

// Task × metric: signal quality of every series.
Table signal_table(const Report& report);

// Cells summed up by series and task: how many are done, seconds, rows.
Table cells_table(const Report& report);

// "Prompts: 5-shot.", with the tasks' names where their numbers differ. Empty where none is known.
std::string shots_text(const std::map<std::string, int64_t>& shots);

// The text a sweep prints in the end.
std::string leaderboard_text(const Report& report);

// The whole report as Markdown.
std::string report_markdown(const Report& report);

// A number with three decimals, or "–" where there is none.
std::string decimals(std::optional<double> value);

}  // namespace e2lm
