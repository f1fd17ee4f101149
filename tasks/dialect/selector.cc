#include "tasks/dialect/selector.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.h"
#include "base/text.h"
#include "tasks/dialect/task_file.h"

namespace e2lm {
namespace {

constexpr int kMaxDepth = 50;         // of groups within groups: deeper is a group within itself
constexpr int kMaxMembers = 100'000;  // a group counts as often as it is named, with all its own

Yaml no_keys() {
  return {.kind = Yaml::Kind::map};
}

Yaml without(Yaml map, std::string_view key) {
  std::erase_if(map.entries, [key](const YamlEntry& entry) { return entry.key.text == key; });
  return map;
}

// `map` with the text `value` under `key`, in the place of `node`.
Yaml with(Yaml map, const std::string& key, const std::string& value, const Yaml& node) {
  Yaml name = node;
  name.kind = Yaml::Kind::scalar;
  name.text = key;
  Yaml text = name;
  text.text = value;
  map.set({std::move(name), std::move(text)});
  return map;
}

}  // namespace

void TaskSelector::add_file(const Path& path) {
  const std::string name = add(path, no_keys());
  const auto [named, is_new] = files_.try_emplace(name, path);
  if (!is_new && !std::filesystem::equivalent(named->second, path)) {
    throw Error(path.string(),
                fmt::format("has the name {}, which {} has", name, named->second.string()),
                "one file for a name, since results are kept by it");
  }
  if (std::find(selection_.top.begin(), selection_.top.end(), name) == selection_.top.end()) {
    selection_.top.push_back(name);
  }
}

std::string TaskSelector::add(const Path& path, const Yaml& overrides) {
  const Yaml keys = read_task_file(path);
  if (const Yaml* group = keys.find("group")) return add_group(group->text, keys, overrides, path);
  return add_task(overlay(keys, overrides), path);
}

std::string TaskSelector::add_task(const Yaml& keys, const Path& path) {
  Task task = Task::from(keys, path);
  std::string name = task.name;
  for (Task& known : selection_.tasks) {
    if (known.name != name) continue;
    known = std::move(task);  // as in the original the last one with a name is the one
    return name;
  }
  selection_.tasks.push_back(std::move(task));
  return name;
}

std::string TaskSelector::add_group(const std::string& name, const Yaml& keys,
                                    const Yaml& overrides, const Path& path) {
  if (++depth_ > kMaxDepth) throw Error(path.string(), fmt::format("{} holds itself", name));
  Problems problems(path.string());
  Group group = Group::read(name, keys, problems);
  problems.raise();
  const Yaml for_members = overlay(member_overrides(keys), overrides);
  if (const Yaml* members = keys.find("task")) {
    std::vector<Yaml> items = members->items;
    if (members->kind == Yaml::Kind::scalar) items.push_back(*members);
    for (const Yaml& item : items) {
      for (std::string& child : add_member(item, name, for_members, path)) {
        auto& children = group.children;  // each once, say by its name and by a tag
        const bool known = std::find(children.begin(), children.end(), child) != children.end();
        if (!known) children.push_back(std::move(child));
      }
    }
  }
  --depth_;
  std::erase_if(selection_.groups, [&](const Group& known) { return known.name == name; });
  selection_.groups.push_back(std::move(group));
  return name;
}

std::vector<std::string> TaskSelector::add_member(const Yaml& item, const std::string& group,
                                                  const Yaml& overrides, const Path& path) {
  if (++members_ > kMaxMembers) {
    throw Error(path.string(), fmt::format("{}: its groups unfold to too many members", group),
                fmt::format("at most {}", with_commas(kMaxMembers)));
  }
  const Yaml* inner = item.find("group");
  const Yaml* named = item.kind == Yaml::Kind::scalar ? &item : inner ? inner : item.find("task");
  if (!named || named->kind != Yaml::Kind::scalar) {
    throw Error(item.where(), fmt::format("a member of {} has no name", group),
                "a name, or a mapping with a key 'task' or 'group'");
  }
  const auto found = lookup_(named->text);
  const Yaml own =
      item.kind == Yaml::Kind::map ? without(without(item, "group"), "task") : no_keys();
  if (inner && found.empty()) {
    return {add_group(fmt::format("{}::{}", group, inner->text), item, overrides, path)};
  }
  if (found.empty() && item.kind == Yaml::Kind::scalar) {
    throw Error(item.where(),
                fmt::format("'{}', a member of {}, is unknown{}", item.text, group, hint_));
  }
  if (found.empty()) {  // a task written out in the group's file
    const std::string name = fmt::format("{}::{}", group, named->text);
    return {add_task(with(overlay(overrides, own), "task", name, *named), path)};
  }
  std::vector<std::string> names;
  for (const TaskLibrary::Entry* entry : found) {
    names.push_back(add(entry->path, overlay(overrides, own)));
  }
  return names;
}

}  // namespace e2lm
