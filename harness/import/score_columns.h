#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace e2lm {

// A column of the wide form, which holds the scores of one task.
struct TaskColumn {
  std::string task;
  std::optional<std::string> metric;  // where the header names it
  size_t value = 0;                   // places in a row
  std::optional<size_t> error;
};

// What the header of a table of scores says. docs/import.md lists the names that columns may have;
// case, spaces, hyphens and underscores do not count.
class ScoreColumns {
 public:
  ScoreColumns() = default;

  // Throws Error at `where` if two columns are the same, or, in the wide form, one cannot be meant
  // for all tasks of a row.
  ScoreColumns(std::vector<std::string> header, std::string where);

  bool is_table() const { return is_long() || (find("step") && !tasks_.empty()); }
  bool is_long() const { return find("task") && find("value"); }   // a row for each score
  const std::vector<TaskColumn>& tasks() const { return tasks_; }  // of the wide form

  // Where the column stands that we call `name`.
  std::optional<size_t> find(std::string_view name) const;

  size_t count() const { return header_.size(); }
  std::string_view header(size_t column) const;

 private:
  void find_columns();
  void find_tasks();
  void find_errors();
  void refuse_long_columns() const;
  void take_plain_error();
  std::string listed_tasks() const;
  [[noreturn]] void refuse_both(size_t one, size_t other, const std::string& name) const;

  std::vector<std::string> header_;
  std::string where_;
  std::map<std::string, size_t, std::less<>> known_;  // by our name
  std::map<std::string, size_t> others_;              // by their own
  std::vector<TaskColumn> tasks_;
};

}  // namespace e2lm
