#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/json.h"

namespace e2lm {

// A score as a file spells it: a finite number, or one of the ways to say that there is none (null,
// NaN, an infinity, N/A, nothing), which is never taken for a number.
struct ScoreNumber {
  std::optional<double> value;
  std::string instead;  // where there is no value: the file's own word
};

// `json` comes from parse_python_json. Throws Error at `where` for anything else.
ScoreNumber score_number(const Json& json, std::string_view where);

// Of a cell of a table; a percent sign is not understood.
ScoreNumber parse_score(std::string_view text, std::string_view where);

// A cell that says whether something is so: true, yes, t, y, 1 or 1.0, or their opposites, in any
// case; none where it is empty. Throws Error at `where` for other words.
std::optional<bool> parse_truth(std::string_view text, std::string_view where);

// The task whose standard error a table's column holds: "sciq" for "sciq_stderr" or "sciq_se"; none
// of other columns.
std::optional<std::string> error_of(std::string_view column);

// Whether a key of a JSON file holds a standard error: "acc_stderr". There "mmlu_se" is a task.
bool is_stderr(std::string_view key);

// Whether more of a metric is better, from its name: perplexities, losses and distances are not.
// A filter's name after the comma does not count. Of a "score", as values without a metric are
// called, the task's name tells: "eval/loss".
bool higher_is_better(std::string_view task, std::string_view metric);

}  // namespace e2lm
