#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/file.h"
#include "tasks/field.h"

namespace e2lm {

// A task file in lm-evaluation-harness's dialect, checked. Keys and defaults are the original's.
struct Task {
  struct MetricName {
    std::string name;
    int line = 0;
  };

  Path path;
  std::string name;
  std::vector<std::string> tags;
  std::map<std::string, std::vector<Path>> data_files;  // split → files
  std::string test_split;
  std::string fewshot_split;  // empty: none is named
  std::optional<Field> doc_to_text, doc_to_target, doc_to_choice;
  std::string description;
  std::string target_delimiter = " ";
  std::string fewshot_delimiter = "\n\n";
  std::optional<int64_t> num_fewshot;
  std::vector<MetricName> metrics;

  // Reads and checks a task file. Throws Error that lists everything wrong with it, with lines.
  static Task read(const Path& path);
};

}  // namespace e2lm
