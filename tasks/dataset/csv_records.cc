#include "tasks/dataset/csv_records.h"

#include <fmt/format.h>

#include <utility>

#include "base/error.h"
#include "base/text.h"

namespace e2lm {

std::string CsvRecords::where() const {
  return fmt::format("{}:{}", file_.path().string(), line_);
}

bool CsvRecords::at_line_end() {
  const int byte = file_.peek();
  return byte < 0 || byte == '\n' || byte == '\r';
}

void CsvRecords::take_line_end() {
  if (file_.get() != '\r') return;
  if (file_.peek() == '\n') {
    file_.get();
  } else {
    ++lone_returns_;
  }
}

// Leaves in `spaces_` what opens the line of the next record; false at the end of the file.
bool CsvRecords::skip_blank_lines() {
  while (file_.peek() >= 0) {
    spaces_.clear();
    while ((file_.peek() == ' ' || file_.peek() == '\t') && file_.peek() != separator_) {
      spaces_ += static_cast<char>(file_.get());
    }
    if (!at_line_end()) return true;
    take_line_end();
  }
  return false;
}

void CsvRecords::take_quoted(std::string& field) {
  const int64_t opened = file_.line() + lone_returns_;
  file_.get();
  for (;;) {
    const int byte = file_.get();
    if (byte < 0) {
      throw Error(fmt::format("{}:{}", file_.path().string(), opened),
                  "a quote opens here that is never closed", "a closing '\"'");
    }
    if (byte == '"') {
      if (file_.peek() != '"') return;
      file_.get();
    }
    field += static_cast<char>(byte);
  }
}

std::string CsvRecords::take_field() {
  std::string field = std::exchange(spaces_, {});
  if (field.empty() && file_.peek() == '"') take_quoted(field);
  while (!at_line_end() && file_.peek() != separator_) field += static_cast<char>(file_.get());
  if (!is_utf8(field)) throw Error(where(), "is not valid UTF-8", "text in UTF-8");
  return field;
}

bool CsvRecords::next(std::vector<std::string>& fields) {
  fields.clear();
  if (!skip_blank_lines()) return false;
  line_ = file_.line() + lone_returns_;
  fields.push_back(take_field());
  while (file_.peek() == separator_) {
    file_.get();
    fields.push_back(take_field());
  }
  take_line_end();
  return true;
}

}  // namespace e2lm
