#pragma once

#include <zlib.h>

#include <string>
#include <string_view>
#include <vector>

#include "tasks/dataset/dataset.h"
#include "tests/support/scratch.h"

namespace e2lm {

// The columns of each row as JSON, a row a line: 1 and 1.0 differ.
inline std::string text_of(const Dataset& dataset) {
  std::string text;
  for (const Document& document : dataset.read()) text += document.columns.dump() + "\n";
  return text;
}

// Writes files of one split and reads them.
class DataFolder {
 public:
  explicit DataFolder(std::string format) { files_.format = std::move(format); }

  DataFolder& field(std::string name) {
    files_.field = std::move(name);
    return *this;
  }
  DataFolder& separator(char separator) {
    files_.separator = separator;
    return *this;
  }
  Dataset open(const std::vector<std::string>& contents, const Dataset* first_split = nullptr) {
    DataFiles files = files_;
    for (const std::string& content : contents) {
      files.files.push_back(scratch_.write(std::to_string(files.files.size()), content));
    }
    return Dataset::open(files, first_split);
  }
  std::string rows(const std::vector<std::string>& contents) { return text_of(open(contents)); }
  std::string rows(const std::string& content) { return rows(std::vector{content}); }

 private:
  Scratch scratch_;
  DataFiles files_;
};

inline std::string packed(const std::string& content, const Path& path) {
  gzFile file = ::gzopen(path.c_str(), "wb");
  ::gzwrite(file, content.data(), static_cast<unsigned>(content.size()));
  ::gzclose(file);
  return read_file(path);
}

}  // namespace e2lm
