#include "tasks/library.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.h"
#include "base/text.h"
#include "base/yaml.h"

namespace e2lm {
namespace {

void collect_files(const Path& folder, std::vector<Path>& files) {
  for (const Path& entry : list_folder(folder)) {
    if (std::filesystem::is_directory(entry)) {
      collect_files(entry, files);
    } else if (entry.extension() == ".yaml") {
      files.push_back(entry);
    }
  }
}

}  // namespace

TaskLibrary::TaskLibrary(const std::vector<Path>& folders) {
  std::vector<Path> files;
  for (const Path& folder : folders) collect_files(folder, files);
  for (const Path& path : files) {
    const Yaml root = read_yaml(path);
    const Yaml* name = root.find("task");
    if (!name) continue;  // a base that others include
    Entry entry{.name = name->text, .path = path};
    if (const Yaml* tag = root.find("tag")) {
      if (tag->kind == Yaml::Kind::scalar) entry.tags.push_back(tag->text);
      for (const Yaml& item : tag->items) entry.tags.push_back(item.text);
    }
    entries_[entry.name] = std::move(entry);
  }
}

std::vector<Path> TaskLibrary::find(std::string_view word) const {
  if (word.ends_with(".yaml")) return {Path(word)};
  std::vector<Path> found;
  for (const auto& [name, entry] : entries_) {
    const bool tagged = std::find(entry.tags.begin(), entry.tags.end(), word) != entry.tags.end();
    if (tagged || matches_glob(name, word)) found.push_back(entry.path);
  }
  if (!found.empty()) return found;
  std::vector<std::string> known;
  for (const auto& [name, entry] : entries_) known.push_back(name);
  const std::string near = nearest(word, known);
  throw Error("tasks",
              fmt::format("'{}' is no task, tag or task file{}", word,
                          near.empty() ? "" : fmt::format("; did you mean '{}'?", near)),
              "a name that `e2lm ls tasks` shows");
}

}  // namespace e2lm
