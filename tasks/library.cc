#include "tasks/library.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "base/error.h"
#include "base/parallel.h"
#include "base/text.h"
#include "tasks/dialect/selector.h"
#include "tasks/dialect/task_file.h"

namespace e2lm {
namespace {

// What Python and Jupyter keep beside files: old copies of task files, among other things.
bool is_ignored(const Path& folder) {
  return folder.filename() == "__pycache__" || folder.filename() == ".ipynb_checkpoints";
}

void collect_files(const Path& folder, std::vector<Path>& files) {
  for (const Path& entry : list_folder(folder)) {
    if (std::filesystem::is_directory(entry)) {
      if (!is_ignored(entry)) collect_files(entry, files);
    } else if (entry.extension() == ".yaml") {
      files.push_back(entry);
    }
  }
}

// In the order of the original: by their whole paths, so that `a.yaml` comes before `a/b.yaml`.
std::vector<Path> task_files(const Path& folder) {
  std::vector<Path> files;
  collect_files(folder, files);
  std::sort(files.begin(), files.end(),
            [](const Path& a, const Path& b) { return a.native() < b.native(); });
  return files;
}

// The files right in a folder whose names fit; none where the word's last part is no glob.
std::vector<Path> files_like(const Path& word) {
  const Path folder = word.has_parent_path() ? word.parent_path() : Path(".");
  if (std::filesystem::exists(word) || !std::filesystem::is_directory(folder)) return {};
  std::vector<Path> files;
  for (const Path& file : list_folder(folder)) {
    if (matches_glob(file.filename().string(), word.filename().string())) files.push_back(file);
  }
  return files;
}

}  // namespace

TaskLibrary::TaskLibrary(const std::vector<Path>& folders) {
  for (const Path& folder : folders) {
    const std::vector<Path> files = task_files(folder);
    std::vector<std::optional<Entry>> read(files.size());
    std::vector<std::string> errors(files.size());
    parallel_for(available_threads(), std::ssize(files), 32, [&](int64_t first, int64_t last) {
      for (int64_t i = first; i < last; ++i) {
        try {
          read[i] = entry_of(files[i]);
        } catch (const Error& error) {  // said when somebody asks for a name that is not there
          errors[i] = error.what();
        }
      }
    });
    std::copy_if(errors.begin(), errors.end(), std::back_inserter(errors_),
                 [](const std::string& error) { return !error.empty(); });
    std::map<std::string, Entry> entries;
    for (auto& entry : read) {
      if (!entry) continue;
      const auto [kept, is_new] = entries.try_emplace(entry->name, *entry);
      if (!is_new) passed_over_.push_back({entry->name, entry->path, kept->second.path});
    }
    for (auto& [name, entry] : entries) entries_[name] = std::move(entry);
  }
}

std::optional<TaskLibrary::Entry> TaskLibrary::entry_of(const Path& path) {
  const Yaml root = read_task_file(path);
  const Yaml* group = root.find("group");
  const Yaml* name = group ? group : root.find("task");
  // Without a name it is a base that others include.
  if (!name || name->kind != Yaml::Kind::scalar) return {};
  Entry entry{
      .kind = group ? Entry::Kind::group : Entry::Kind::task, .name = name->text, .path = path};
  if (const Yaml* tag = root.find("tag")) {
    if (tag->kind == Yaml::Kind::scalar) entry.tags.push_back(tag->text);
    for (const Yaml& item : tag->items) entry.tags.push_back(item.text);
  }
  return entry;
}

std::vector<const TaskLibrary::Entry*> TaskLibrary::matches(std::string_view word) const {
  const auto exact = entries_.find(std::string(word));
  if (exact != entries_.end()) return {&exact->second};
  std::vector<const Entry*> found;
  for (const auto& [name, entry] : entries_) {
    const bool tagged = entry.kind == Entry::Kind::task &&
                        std::find(entry.tags.begin(), entry.tags.end(), word) != entry.tags.end();
    if (tagged || matches_glob(name, word)) found.push_back(&entry);
  }
  return found;
}

std::vector<Path> TaskLibrary::find(std::string_view word) const {
  std::vector<Path> paths;
  if (word.ends_with(".yaml")) {
    for (const Path& file : files_like(word)) {
      if (entry_of(file)) paths.push_back(file);
    }
    return paths.empty() ? std::vector<Path>{word} : paths;
  }
  for (const Entry* entry : matches(word)) paths.push_back(entry->path);
  if (paths.empty() && std::filesystem::is_directory(word)) {
    for (const Path& file : list_folder(word)) {
      if (file.extension() == ".yaml" && entry_of(file)) paths.push_back(file);
    }
  }
  if (paths.empty()) fail_unknown(word);
  return paths;
}

TaskSelection TaskLibrary::select(std::span<const std::string> words) const {
  TaskSelector selector([this](const std::string& word) { return matches(word); }, unreadable());
  for (const std::string& word : words) {
    for (const Path& path : find(word)) selector.add_file(path);
  }
  return selector.take();
}

std::string TaskLibrary::unreadable() const {
  if (errors_.empty()) return "";
  const std::string which =
      errors_.size() == 1 ? "a file that cannot be read: "
                          : fmt::format("one of {} files that cannot be read, as ", errors_.size());
  return "; it may stand in " + which + errors_.front();
}

void TaskLibrary::fail_unknown(std::string_view word) const {
  std::vector<std::string> known;
  for (const auto& [name, entry] : entries_) known.push_back(name);
  const std::string near = nearest(word, known);
  throw Error(
      "tasks",
      fmt::format("'{}' is no task, group, tag or task file{}{}", word,
                  near.empty() ? "" : fmt::format("; did you mean '{}'?", near), unreadable()),
      "a name that `e2lm ls tasks` shows");
}

}  // namespace e2lm
