#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "tasks/library.h"

namespace e2lm {

// Turns task and group files into a selection, members of groups included, with what groups
// override in them.
class TaskSelector {
 public:
  // What a name in a group's list stands for: nothing, one entry, or the tasks of a tag.
  using Lookup = std::function<std::vector<const TaskLibrary::Entry*>(const std::string& name)>;

  // `hint` is the end of a message about a name that stands for nothing.
  TaskSelector(Lookup lookup, std::string hint)
      : lookup_(std::move(lookup)), hint_(std::move(hint)) {}

  // Throws Error if another file was added under its name: one of the two would be lost.
  void add_file(const Path& path);
  TaskSelection take() { return std::move(selection_); }

 private:
  // These return the name under which the thing was added.
  std::string add(const Path& path, const Yaml& overrides);
  std::string add_task(const Yaml& keys, const Path& path);
  std::string add_group(const std::string& name, const Yaml& keys, const Yaml& overrides,
                        const Path& path);
  std::vector<std::string> add_member(const Yaml& item, const std::string& group,
                                      const Yaml& overrides, const Path& path);

  Lookup lookup_;
  std::string hint_;
  TaskSelection selection_;
  std::map<std::string, Path> files_;  // that were added, by name
  int depth_ = 0, members_ = 0;
};

}  // namespace e2lm
