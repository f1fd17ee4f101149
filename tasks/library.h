#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/file.h"
#include "tasks/group.h"
#include "tasks/task.h"

namespace e2lm {

// What the words of `--tasks` stand for: tasks, each once, in the order in which they first come
// up, and the groups that were named or lie within those.
struct TaskSelection {
  std::vector<Task> tasks;
  std::vector<Group> groups;
  std::vector<std::string> top;  // names of tasks and groups that no selected group holds
};

// The task and group files of some folders and those below them, by name and tag. Files are read
// and checked when their task is asked for.
class TaskLibrary {
 public:
  struct Entry {
    enum class Kind { task, group };
    Kind kind = Kind::task;
    std::string name;
    Path path;
    std::vector<std::string> tags;
  };

  // A file that has a name which another file of the same folder has already.
  struct PassedOver {
    std::string name;
    Path path, kept;
  };

  // Within a folder the first file with a name counts, in the order of their paths; later folders
  // win over earlier ones. Files that are no YAML, or neither task nor group, and folders named
  // __pycache__ or .ipynb_checkpoints are passed over.
  explicit TaskLibrary(const std::vector<Path>& folders);

  // A word is the name of a task or group, a tag, a glob over names, or the path of a task or group
  // file with * and ? in its last part at will, or of a folder for all those right in it. Throws
  // Error with the nearest known name, and files that cannot be read, if it is none of these, or
  // listing everything that is wrong with a file, or naming two files of one name.
  TaskSelection select(std::span<const std::string> words) const;

  // The files that a word means.
  std::vector<Path> find(std::string_view word) const;

  const std::map<std::string, Entry>& entries() const { return entries_; }  // by name
  const std::vector<PassedOver>& passed_over() const { return passed_over_; }

 private:
  static std::optional<Entry> entry_of(const Path& path);
  std::vector<const Entry*> matches(std::string_view word) const;
  std::string unreadable() const;  // for a message about a name that may stand in one
  [[noreturn]] void fail_unknown(std::string_view word) const;

  std::map<std::string, Entry> entries_;
  std::vector<PassedOver> passed_over_;
  std::vector<std::string> errors_;  // of files that cannot be read
};

}  // namespace e2lm
