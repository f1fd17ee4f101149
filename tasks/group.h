#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/yaml.h"

namespace e2lm {

// A group file: tasks and groups scored together, and how their scores become one.
struct Group {
  struct Aggregate {
    std::string metric;
    std::optional<std::vector<std::string>> filters;  // none: all that the members report
    bool weight_by_size = true;
  };

  std::string name, alias;
  std::string version;                // metadata.version; "N/A" without one
  std::vector<std::string> children;  // names of tasks and groups, in order
  std::vector<Aggregate> aggregates;

  // The group's own keys of a mapping, without its children.
  static Group read(const std::string& name, const Yaml& keys, Problems& problems);
};

// What a group file says that is not its own: meant for its members.
Yaml member_overrides(const Yaml& group);

}  // namespace e2lm
