#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/input_file.h"

namespace e2lm {

// Reads the records of a CSV file as pandas does:
//
//   record  fields between separators, ended by LF, CR, CR LF or the end of the file
//   field   a quote as its first byte opens a quoted part, in which separators and line ends are
//           text and "" is a quote; what follows the closing quote is text as it stands
//
// Lines of nothing but spaces and tabs are passed over. Throws Error with the line where a quoted
// part begins that never ends, and where a field is not UTF-8.
class CsvRecords {
 public:
  CsvRecords(const Path& path, char separator) : file_(path), separator_(separator) {}

  // The next record, or false at the end.
  bool next(std::vector<std::string>& fields);

  int64_t line() const { return line_; }  // where the record that was read begins
  std::string where() const;

 private:
  bool skip_blank_lines();
  bool at_line_end();
  void take_line_end();
  std::string take_field();
  void take_quoted(std::string& field);

  InputFile file_;
  char separator_;
  int64_t line_ = 0;
  int64_t lone_returns_ = 0;  // line ends that the file does not count as such
  std::string spaces_;        // that open a line which may yet turn out to be blank
};

}  // namespace e2lm
