#pragma once

#include <string>
#include <vector>

#include "tasks/task.h"

namespace e2lm {

// What a task's fields make of a document, with the types that lm-evaluation-harness gives them: a
// template that renders to digits is a number where the task has choices, one that renders to a
// list is that list. Throws Error naming the document.
class DocumentFields {
 public:
  // `columns` are those of the evaluated split: a field whose text is one of them is a column, in
  // documents of every split.
  DocumentFields(const Task& task, const DataSource::Split& evaluated)
      : task_(task), evaluated_(evaluated) {}

  Json text(const Document& document) const { return text(document, *task_.doc_to_text); }
  Json target(const Document& document) const { return target(document, *task_.doc_to_target); }
  std::vector<std::string> choices(const Document& document) const {
    return choices(document, *task_.doc_to_choice);
  }

  Json text(const Document& document, const Field& field) const;
  Json target(const Document& document, const Field& field) const;
  // At least one, none of them empty.
  std::vector<std::string> choices(const Document& document, const Field& field) const;

  // A description or an answer's prefix: a column of this very document, else a template.
  std::string phrase(const Document& document, const std::optional<Field>& field) const;

  [[noreturn]] void fail(const Document& document, std::string_view what,
                         std::string_view expected = {}) const;

 private:
  bool is_column(const Field& field) const;

  const Task& task_;
  const DataSource::Split& evaluated_;
};

}  // namespace e2lm
