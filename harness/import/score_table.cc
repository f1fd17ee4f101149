#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <tuple>

#include "base/error.h"
#include "base/input_file.h"
#include "base/text.h"
#include "harness/import/readers.h"
#include "harness/import/score_columns.h"
#include "harness/import/score_number.h"
#include "tasks/dataset/csv_records.h"

namespace e2lm {
namespace {

// The separator that stands most often in the first line.
char separator_of(const Path& path) {
  std::string line;
  InputFile(path).read_line(line);
  char best = ',';
  for (const char candidate : {'\t', ';'}) {
    if (std::count(line.begin(), line.end(), candidate) >
        std::count(line.begin(), line.end(), best)) {
      best = candidate;
    }
  }
  return best;
}

class TableReader {
 public:
  explicit TableReader(const Path& path) : records_(path, separator_of(path)) {
    file_.path = path;
    file_.format = "table of scores";
  }

  std::optional<ImportedFile> read() {
    std::vector<std::string> row;
    if (!records_.next(row)) return {};
    columns_ = ScoreColumns(row, records_.where());
    if (!columns_.is_table()) return {};
    while (records_.next(row)) {
      if (row.size() != columns_.count()) {
        throw Error(records_.where(), fmt::format("has {} columns", row.size()),
                    fmt::format("{}, as the header has", columns_.count()));
      }
      read_row(row);
    }
    return std::move(file_);
  }

 private:
  using Whose = std::tuple<std::string, std::optional<int64_t>, std::optional<double>, std::string,
                           std::string, std::string>;

  std::string cell(const std::vector<std::string>& row, const char* column) const {
    const auto found = columns_.find(column);
    return found ? std::string(trim(row[*found])) : "";
  }

  std::optional<double> number(const std::vector<std::string>& row, const char* column) const {
    return parse_score(cell(row, column), place(column)).value;
  }

  std::optional<int64_t> whole_number(const std::vector<std::string>& row,
                                      const char* column) const {
    const auto value = number(row, column);
    if (!value) return {};
    if (*value < 0 || *value > 9e15 || *value != std::floor(*value)) {
      throw Error(place(column), fmt::format("'{}' is no whole number", cell(row, column)));
    }
    return static_cast<int64_t>(*value);
  }

  std::string place(std::string_view column) const {
    return fmt::format("{}: {}", records_.where(), column);
  }

  void read_row(const std::vector<std::string>& row) {
    ImportedOrigin origin{.series = cell(row, "series"),
                          .step = whole_number(row, "step"),
                          .tokens = number(row, "tokens"),
                          .group = cell(row, "group"),
                          .mix = cell(row, "mix"),
                          .control_for = cell(row, "control_for"),
                          .where = records_.where()};
    if (columns_.find("step") && !origin.step) {
      throw Error(place("step"), fmt::format("'{}' is no step", cell(row, "step")),
                  "a whole number");
    }
    if (const auto billions = number(row, "gtokens")) origin.tokens = *billions * 1e9;
    if (origin.tokens.value_or(0) < 0) throw Error(place("tokens"), "is below 0");
    ImportedCheckpoint& checkpoint = checkpoint_of(std::move(origin));
    if (columns_.is_long()) {
      add_long(row, checkpoint);
    } else {
      add_wide(row, checkpoint);
    }
  }

  // Rows that say the same of whose they are share one.
  ImportedCheckpoint& checkpoint_of(ImportedOrigin origin) {
    const auto [found, is_new] =
        checkpoints_.try_emplace(std::tuple(origin.series, origin.step, origin.tokens, origin.group,
                                            origin.mix, origin.control_for),
                                 file_.checkpoints.size());
    if (is_new) file_.checkpoints.push_back({.origin = std::move(origin)});
    return file_.checkpoints[found->second];
  }

  // What a row says of its scores, one or many, beside their values.
  ImportedScore describe(const std::vector<std::string>& row) const {
    const std::string metric = cell(row, "metric");
    return {
        .task = cell(row, "task"),
        .metric = metric.empty() ? "score" : metric,
        .samples = whole_number(row, "samples"),
        .higher_is_better = parse_truth(cell(row, "higher_is_better"), place("higher_is_better")),
        .chance = number(row, "chance"),
        .where = records_.where()};
  }

  void add_long(const std::vector<std::string>& row, ImportedCheckpoint& into) const {
    ImportedScore score = describe(row);
    if (score.task.empty()) throw Error(place("task"), "is empty");
    const ScoreNumber value = parse_score(cell(row, "value"), place("value"));
    score.value = value.value;
    score.instead = value.instead;
    score.standard_error = number(row, "standard_error");
    into.scores.push_back(std::move(score));
  }

  // An empty cell is a task that was not run.
  void add_wide(const std::vector<std::string>& row, ImportedCheckpoint& into) const {
    const ImportedScore common = describe(row);
    std::set<std::string> metrics;
    for (const TaskColumn& column : columns_.tasks()) {
      if (trim(row[column.value]).empty()) continue;
      ImportedScore score = common;
      score.task = column.task;
      score.metric = column.metric.value_or(common.metric);
      score.where = place(columns_.header(column.value));
      const ScoreNumber value = parse_score(row[column.value], score.where);
      score.value = value.value;
      score.instead = value.instead;
      if (column.error) score.standard_error = parse_score(row[*column.error], score.where).value;
      metrics.insert(score.metric);
      into.scores.push_back(std::move(score));
    }
    if (metrics.size() < 2) return;
    if (common.chance) refuse_for(metrics, "chance");
    if (common.higher_is_better) refuse_for(metrics, "higher_is_better");
  }

  [[noreturn]] void refuse_for(const std::set<std::string>& metrics, const char* column) const {
    throw Error(place(columns_.header(*columns_.find(column))),
                fmt::format("cannot be meant for different metrics ({})", fmt::join(metrics, ", ")),
                "a table with 'task' and 'value', a row for each score");
  }

  CsvRecords records_;
  ImportedFile file_;
  ScoreColumns columns_;
  std::map<Whose, size_t> checkpoints_;  // places in the file's
};

}  // namespace

std::optional<ImportedFile> read_score_table(const Path& path) {
  return TableReader(path).read();
}

}  // namespace e2lm
