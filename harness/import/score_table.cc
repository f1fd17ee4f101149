#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
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

struct TaskColumn {
  std::string task, metric;
  size_t value = 0;
  std::optional<size_t> error;
};

class TableReader {
 public:
  explicit TableReader(const Path& path) : records_(path, separator_of(path)) {
    file_.path = path;
    file_.format = "table of scores";
  }

  std::optional<ImportedFile> read() {
    std::vector<std::string> row;
    if (!records_.next(header_)) return {};
    find_columns();
    if (!is_table()) return {};
    while (records_.next(row)) {
      if (row.size() != header_.size()) {
        throw Error(records_.where(), fmt::format("has {} columns", row.size()),
                    fmt::format("{}, as the header has", header_.size()));
      }
      read_row(row);
    }
    return std::move(file_);
  }

 private:
  using Whose = std::tuple<std::string, std::optional<int64_t>, std::optional<double>, std::string,
                           std::string, std::string>;

  void find_columns() {
    std::map<std::string, size_t> others;
    for (size_t c = 0; c < header_.size(); ++c) {
      const std::string name = known_column(header_[c]);
      if (name.empty()) {
        const bool is_new = others.emplace(trim(header_[c]), c).second;
        if (!is_new) throw Error(records_.where(), "two columns are '" + header_[c] + "'");
      } else if (!columns_.emplace(name, c).second) {
        throw Error(records_.where(),
                    fmt::format("the columns '{}' and '{}' are both the {}",
                                header_[columns_[name]], header_[c], name),
                    "one of them");
      }
    }
    if (columns_.contains("tokens") && columns_.contains("gtokens")) {
      throw Error(records_.where(),
                  fmt::format("the columns '{}' and '{}' are both the tokens",
                              header_[columns_["tokens"]], header_[columns_["gtokens"]]),
                  "one of them");
    }
    long_form_ = columns_.contains("value") && columns_.contains("task");
    for (const std::string& text : header_) {
      const std::string name(trim(text));
      if (others.contains(name) && !error_of(name)) add_task(name, others);
    }
  }

  // Of the wide form: columns TASK and TASK_stderr, or TASK:METRIC.
  void add_task(const std::string& name, const std::map<std::string, size_t>& columns) {
    if (name.empty()) return;
    const size_t colon = name.rfind(':');
    const bool has_metric = colon != std::string::npos;
    const auto error = columns.find(name + "_stderr");
    tasks_.push_back({.task = name.substr(0, colon),
                      .metric = has_metric ? name.substr(colon + 1) : "score",
                      .value = columns.at(name)});
    if (error != columns.end()) tasks_.back().error = error->second;
  }

  bool is_table() const { return long_form_ || (columns_.contains("step") && !tasks_.empty()); }

  std::string cell(const std::vector<std::string>& row, const char* column) const {
    const auto found = columns_.find(column);
    return found == columns_.end() ? "" : std::string(trim(row[found->second]));
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
    if (columns_.contains("step") && !origin.step) {
      throw Error(place("step"), fmt::format("'{}' is no step", cell(row, "step")),
                  "a whole number");
    }
    if (const auto billions = number(row, "gtokens")) origin.tokens = *billions * 1e9;
    if (origin.tokens.value_or(0) < 0) throw Error(place("tokens"), "is below 0");
    ImportedCheckpoint& checkpoint = checkpoint_of(std::move(origin));
    if (long_form_) {
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

  void add_long(const std::vector<std::string>& row, ImportedCheckpoint& into) const {
    const std::string metric = cell(row, "metric");
    const ScoreNumber value = parse_score(cell(row, "value"), place("value"));
    ImportedScore score{
        .task = cell(row, "task"),
        .metric = metric.empty() ? "score" : metric,
        .value = value.value,
        .instead = value.instead,
        .standard_error = number(row, "standard_error"),
        .samples = whole_number(row, "samples"),
        .higher_is_better = parse_truth(cell(row, "higher_is_better"), place("higher_is_better")),
        .chance = number(row, "chance"),
        .where = records_.where()};
    if (score.task.empty()) throw Error(place("task"), "is empty");
    into.scores.push_back(std::move(score));
  }

  // An empty cell is a task that was not run.
  void add_wide(const std::vector<std::string>& row, ImportedCheckpoint& into) const {
    for (const TaskColumn& column : tasks_) {
      if (trim(row[column.value]).empty()) continue;
      const std::string where = place(trim(header_[column.value]));
      const ScoreNumber value = parse_score(row[column.value], where);
      ImportedScore score{.task = column.task,
                          .metric = column.metric,
                          .value = value.value,
                          .instead = value.instead,
                          .where = where};
      if (column.error) score.standard_error = parse_score(row[*column.error], where).value;
      into.scores.push_back(std::move(score));
    }
  }

  CsvRecords records_;
  ImportedFile file_;
  std::vector<std::string> header_;
  std::map<std::string, size_t> columns_;  // those we know, by our name
  std::vector<TaskColumn> tasks_;          // the others
  bool long_form_ = false;
  std::map<Whose, size_t> checkpoints_;  // places in the file's
};

}  // namespace

std::optional<ImportedFile> read_score_table(const Path& path) {
  return TableReader(path).read();
}

}  // namespace e2lm
