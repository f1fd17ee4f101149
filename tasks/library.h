#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/file.h"

namespace e2lm {

// The task files of some folders and those below them, by name and tag. Only the head of each file
// is looked at; a file is read and checked when its task is asked for.
class TaskLibrary {
 public:
  struct Entry {
    std::string name;
    Path path;
    std::vector<std::string> tags;
  };

  // Later folders win where a name stands twice.
  explicit TaskLibrary(const std::vector<Path>& folders);

  // The files that a word means: a task name, a tag, a glob over names, or the path of a task file.
  // Throws Error with the nearest known name if it means none.
  std::vector<Path> find(std::string_view word) const;

  const std::map<std::string, Entry>& entries() const { return entries_; }

 private:
  std::map<std::string, Entry> entries_;  // by name
};

}  // namespace e2lm
