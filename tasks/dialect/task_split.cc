#include <fmt/format.h>

#include <cctype>
#include <string_view>

#include "base/error.h"
#include "tasks/task.h"

namespace e2lm {
namespace {

bool has_word(std::string_view text, std::string_view word) {
  const auto goes_on = [&](size_t at) {
    return at < text.size() &&
           (std::isalnum(static_cast<unsigned char>(text[at])) || text[at] == '_');
  };
  for (size_t at = text.find(word); at != text.npos; at = text.find(word, at + 1)) {
    if (!goes_on(at - 1) && !goes_on(at + word.size())) return true;
  }
  return false;
}

// A list of times would be printed as a list of texts, so no key may name its column.
void require_unnamed(const Task& task, const std::string& column) {
  for (const char* key : {"doc_to_text", "doc_to_target", "doc_to_choice", "description",
                          "gen_prefix", "fewshot_config", "process_docs"}) {
    const auto found = task.keys.find(key);
    if (found == task.keys.end() || !has_word(found->dump(), column)) continue;
    throw Error(task.path.string(),
                fmt::format("'{}' names the column '{}', which has times within lists or objects",
                            key, column),
                "times in a column of their own, or texts of which not all are times");
  }
}

}  // namespace

DataSource::Split Task::read_split(const std::string& split, bool absent_is_null,
                                   int64_t limit) const {
  DataSource::Split result = data.read_split(split, process_docs.empty() ? limit : INT64_MAX);
  for (const std::string& column : result.nested_timestamps) require_unnamed(*this, column);
  for (Document& document : result.documents) {
    if (absent_is_null) break;
    for (const std::string& column : document.absent) document.columns.erase(column);
  }
  if (process_docs.empty()) return result;
  result.documents = process_docs.apply(std::move(result.documents));
  result.rows = std::ssize(result.documents);
  if (!result.documents.empty()) {
    result.columns.clear();
    for (const auto& [column, value] : result.documents.front().columns.items()) {
      result.columns.push_back(column);
    }
  }
  return result;
}

}  // namespace e2lm
