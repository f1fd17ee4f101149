#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/yaml.h"
#include "tasks/library.h"

namespace e2lm::submission {

// A use of Python in a task file.
struct FunctionUse {
  std::string where;     // file:line
  std::string key;       // "metric_list.aggregation"
  std::string function;  // "custom_metrics.loglikelihood_diff"
};

// A YAML file of a submission, by itself.
struct TaskFile {
  std::vector<Path> includes;        // those that are there
  std::vector<std::string> outside;  // "file:line: includes X" of those that lead out
  std::vector<std::string> missing;  // "file:line: includes X" of those that are not
  std::vector<Path> missing_paths;   // where those would be
  std::vector<FunctionUse> functions;
  std::vector<std::string> children;  // of a group: names of tasks, tags and groups
  std::string error;                  // why it cannot be read
};

// Names of metrics here, by what stands for them in Python ("custom_metrics.loglikelihood_diff").
using NativeMetrics = std::map<std::string, std::string>;

// The task files of an unpacked submission. REQUIRES: nothing in its folder is a link.
class TaskFiles {
 public:
  // Reads every .yaml file below `folder` and what these include. Throws Error if an include leads
  // out of `root`: such a file is not even opened.
  TaskFiles(const Path& root, const Path& folder);

  // The files that a name's tasks are made of, includes and members of groups among them.
  std::vector<Path> behind(const TaskLibrary& library, const std::string& name) const;

  const TaskFile& at(const Path& path) const { return files_.at(path); }
  const std::map<Path, TaskFile>& all() const { return files_; }

 private:
  void read(const Path& path);
  void read_includes(const Yaml& keys, const Path& path, TaskFile& file);

  Path root_;
  std::map<Path, TaskFile> files_;  // by path, lexically normal
};

// Puts native metrics in the place of Python in metric_list: of functions named in `given`, and of
// Python files that are known by their content. A file all of whose functions are replaced is
// written anew. Returns what the files' metrics are called instead ("likelihood" → "margin_mean").
// Throws Error if `given` names a metric there is not, or a function in no metric_list.
std::map<std::string, std::string> replace_python_metrics(const TaskFiles& files,
                                                          const NativeMetrics& given);

}  // namespace e2lm::submission
