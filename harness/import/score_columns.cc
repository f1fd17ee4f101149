#include "harness/import/score_columns.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/text.h"
#include "harness/import/score_number.h"

namespace e2lm {
namespace {

// What a column may be called, the name we give it first.
const std::vector<std::pair<const char*, std::vector<const char*>>> kColumns = {
    {"series", {"series", "model", "modelname", "run", "runname", "experiment", "name"}},
    {"step",
     {"step", "steps", "iteration", "iterations", "iter", "checkpoint", "globalstep",
      "trainingstep"}},
    {"tokens", {"tokens", "tokensseen", "trainingtokens", "numtokens", "consumedtokens"}},
    {"gtokens", {"gtokens", "btokens", "tokensb", "billiontokens"}},
    {"task", {"task", "taskname", "benchmark", "dataset", "eval"}},
    {"metric", {"metric", "metricname", "measure"}},
    {"value", {"value", "score", "result"}},
    {"standard_error", {"standarderror", "stderr", "stderror", "se", "error"}},
    {"samples", {"samples", "nsamples", "numsamples", "n", "items", "documents"}},
    {"higher_is_better", {"higherisbetter"}},
    {"chance", {"chance", "chancelevel", "baseline", "random"}},
    {"group", {"group"}},
    {"mix", {"mix"}},
    {"control_for", {"controlfor"}},
};

std::string known_column(std::string_view header) {
  std::string key = ascii_lower(trim(header));
  std::erase_if(key, [](char c) { return c == '_' || c == '-' || c == ' '; });
  for (const auto& [name, spellings] : kColumns) {
    if (std::find(spellings.begin(), spellings.end(), key) != spellings.end()) return name;
  }
  return "";
}

}  // namespace

ScoreColumns::ScoreColumns(std::vector<std::string> header, std::string where)
    : header_(std::move(header)), where_(std::move(where)) {
  find_columns();
  if (!is_table() || is_long()) return;
  refuse_long_columns();
  find_errors();
  take_plain_error();
}

std::optional<size_t> ScoreColumns::find(std::string_view name) const {
  const auto found = known_.find(name);
  if (found == known_.end()) return {};
  return found->second;
}

std::string_view ScoreColumns::header(size_t column) const {
  return trim(header_[column]);
}

void ScoreColumns::find_columns() {
  for (size_t c = 0; c < header_.size(); ++c) {
    const std::string name = known_column(header_[c]);
    if (name.empty()) {
      const bool is_new = others_.emplace(header(c), c).second;
      if (!is_new) throw Error(where_, "two columns are '" + header_[c] + "'");
    } else if (!known_.emplace(name, c).second) {
      refuse_both(known_[name], c, name);
    }
  }
  if (find("tokens") && find("gtokens")) {
    refuse_both(known_["tokens"], known_["gtokens"], "tokens");
  }
  if (!is_long()) find_tasks();
}

void ScoreColumns::refuse_both(size_t one, size_t other, const std::string& name) const {
  throw Error(
      where_,
      fmt::format("the columns '{}' and '{}' are both the {}", header(one), header(other), name),
      "one of them");
}

// Columns TASK or TASK:METRIC, in the header's order. One without a name, as programs write for the
// numbers of rows, is none.
void ScoreColumns::find_tasks() {
  for (const std::string& text : header_) {
    const std::string name(trim(text));
    const auto found = others_.find(name);
    if (name.empty() || found == others_.end() || error_of(name)) continue;
    const size_t colon = name.rfind(':');
    TaskColumn column{.task = name.substr(0, colon), .value = found->second};
    if (colon != std::string::npos) column.metric = name.substr(colon + 1);
    tasks_.push_back(std::move(column));
  }
}

void ScoreColumns::find_errors() {
  std::map<std::string, size_t> errors;  // by what they are the errors of
  for (const auto& [name, place] : others_) {
    const auto task = error_of(name);
    if (!task) continue;
    const auto [first, is_new] = errors.emplace(*task, place);
    if (!is_new) refuse_both(first->second, place, "error of '" + *task + "'");
  }
  for (TaskColumn& column : tasks_) {
    const auto found = errors.find(std::string(header(column.value)));
    if (found == errors.end()) continue;
    column.error = found->second;
    errors.erase(found);
  }
  if (errors.empty()) return;
  const auto& [task, place] = *errors.begin();
  throw Error(where_, fmt::format("the column '{}' is the error of no column", header(place)),
              fmt::format("a column '{}'", task));
}

// What the long form says of one score.
void ScoreColumns::refuse_long_columns() const {
  for (const char* name : {"task", "value"}) {
    if (!find(name)) continue;
    throw Error(where_,
                fmt::format("the column '{}' stands beside columns of tasks ({})",
                            header(*find(name)), listed_tasks()),
                "'task' and 'value' for a row for each score, or scores under their tasks' names");
  }
}

// A column of errors that names no task is that of the only one.
void ScoreColumns::take_plain_error() {
  const auto error = find("standard_error");
  if (!error) return;
  if (tasks_.size() > 1) {
    throw Error(where_,
                fmt::format("the column '{}' cannot be the error of several tasks ({})",
                            header(*error), listed_tasks()),
                fmt::format("columns like '{}_stderr'", header(tasks_.front().value)));
  }
  TaskColumn& only = tasks_.front();
  if (only.error) refuse_both(*error, *only.error, "error of '" + only.task + "'");
  only.error = *error;
}

std::string ScoreColumns::listed_tasks() const {
  constexpr size_t kMost = 3;
  std::string text;
  for (size_t i = 0; i < std::min(kMost, tasks_.size()); ++i) {
    text += fmt::format("{}'{}'", i == 0 ? "" : ", ", header(tasks_[i].value));
  }
  return text + (tasks_.size() > kMost ? ", .." : "");
}

}  // namespace e2lm
