#include "harness/submission/task_files.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <set>

#include "base/error.h"
#include "base/text.h"
#include "harness/submission/safe_path.h"

namespace e2lm::submission {
namespace {

void find_functions(const Yaml& node, const std::string& key, TaskFile& file) {
  if (node.tag == "!function") file.functions.push_back({node.where(), key, node.text});
  for (const Yaml& item : node.items) find_functions(item, key, file);
  for (const YamlEntry& entry : node.entries) {
    find_functions(entry.value, key.empty() ? entry.key.text : key + "." + entry.key.text, file);
  }
}

// The names in a group's list, those within groups written in place among them.
void find_children(const Yaml& list, std::vector<std::string>& children) {
  if (list.kind == Yaml::Kind::scalar) children.push_back(list.text);
  for (const Yaml& item : list.items) {
    if (item.kind == Yaml::Kind::scalar) {
      children.push_back(item.text);
      continue;
    }
    for (const char* key : {"task", "group"}) {
      if (const Yaml* inner = item.find(key)) find_children(*inner, children);
    }
  }
}

std::vector<Path> files_named(const TaskLibrary& library, const std::string& name) {
  std::vector<Path> paths;
  for (const auto& [known, entry] : library.entries()) {
    const bool tagged = std::find(entry.tags.begin(), entry.tags.end(), name) != entry.tags.end();
    if (known == name || tagged || matches_glob(known, name)) paths.push_back(entry.path);
  }
  return paths;
}

bool is_below(const Path& path, const Path& root) {
  const auto [end, ignored] = std::mismatch(root.begin(), root.end(), path.begin(), path.end());
  return end == root.end();
}

}  // namespace

TaskFiles::TaskFiles(const Path& root, const Path& folder) : root_(root.lexically_normal()) {
  std::vector<Path> found;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    if (entry.is_regular_file() && entry.path().extension() == ".yaml") {
      found.push_back(entry.path().lexically_normal());
    }
  }
  std::sort(found.begin(), found.end());
  for (const Path& path : found) read(path);
}

void TaskFiles::read(const Path& path) {
  if (!files_.try_emplace(path).second) return;
  TaskFile file;
  try {
    const Yaml keys = read_yaml(path, DuplicateKeys::last_wins);
    find_functions(keys, "", file);
    const Yaml* members = keys.find("group") ? keys.find("task") : nullptr;
    if (members) find_children(*members, file.children);
    read_includes(keys, path, file);
  } catch (const Error& error) {  // said if the submitted task is made of this file
    file.error = error.what();
  }
  if (!file.outside.empty()) {
    throw Error("", file.outside.front() + ", which is outside of the submission");
  }
  const std::vector<Path> includes = file.includes;
  files_[path] = std::move(file);
  for (const Path& include : includes) read(include);
}

void TaskFiles::read_includes(const Yaml& keys, const Path& path, TaskFile& file) {
  const Yaml* include = keys.find("include");
  if (!include) return;
  std::vector<const Yaml*> names;
  if (include->kind == Yaml::Kind::scalar) names.push_back(include);
  for (const Yaml& item : include->items) names.push_back(&item);
  for (const Yaml* name : names) {
    const Path target = (path.parent_path() / name->text).lexically_normal();
    const std::string shown = fmt::format("{}: includes {}", name->where(), printable(name->text));
    if (!is_below(target, root_)) {  // where that would be depends on where the scratch folder is
      file.outside.push_back(shown);
    } else if (!std::filesystem::is_regular_file(target)) {
      file.missing.push_back(shown);
      file.missing_paths.push_back(target.lexically_relative(root_));
    } else {
      file.includes.push_back(target);
    }
  }
}

std::vector<Path> TaskFiles::behind(const TaskLibrary& library, const std::string& name) const {
  std::set<Path> seen;
  std::set<std::string> names;
  const std::function<void(const Path&)> add_file = [&](const Path& path) {
    const auto file = files_.find(path.lexically_normal());
    if (file == files_.end() || !seen.insert(file->first).second) return;
    for (const Path& include : file->second.includes) add_file(include);
  };
  std::vector<std::string> open = {name};
  while (!open.empty()) {
    const std::string next = open.back();
    open.pop_back();
    if (!names.insert(next).second) continue;
    for (const Path& path : files_named(library, next)) add_file(path);
    for (const Path& path : seen) {
      const auto& children = files_.at(path).children;
      open.insert(open.end(), children.begin(), children.end());
    }
  }
  return {seen.begin(), seen.end()};
}

}  // namespace e2lm::submission
