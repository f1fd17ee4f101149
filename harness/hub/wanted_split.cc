#include "harness/hub/wanted_split.h"

#include <fmt/format.h>

#include <array>
#include <map>

#include "base/error.h"
#include "harness/hub/place.h"

namespace e2lm {
namespace {

namespace fs = std::filesystem;

// What of dataset_kwargs decides which data these are.
constexpr std::array<const char*, 4> kDecisive = {"data_files", "data_dir", "revision", "field"};

std::string decisive(const WantedSplit& wanted) {
  std::string text;
  for (const char* key : kDecisive) text += wanted.data.kwargs.value(key, Json()).dump() + " ";
  return text;
}

// A configuration or split of a task file makes a place below E2LM_DATA, and none elsewhere.
void require_inside(const std::string& name, const char* what, const Task& task) {
  if (name.empty() || is_inside_path(name)) return;
  throw Error(task.path.string(), fmt::format("'{}' leads out of the folder of data", name),
              fmt::format("the name of a {} of {}", what, task.data.path));
}

Path lock_file(const WantedSplit& wanted) {
  std::error_code failed;
  fs::create_directories(wanted.folder(), failed);
  if (failed) {
    throw Error(wanted.folder().string(), "cannot make the folder: " + failed.message());
  }
  return wanted.folder() / fmt::format(".{}.lock", wanted.split);
}

}  // namespace

std::string WantedSplit::name() const {
  return fmt::format("the split '{}' of {}{}", split, data.path,
                     data.name.empty() ? "" : fmt::format(" ({})", data.name));
}

std::string WantedSplit::kwarg(const char* key) const {
  const Json value = data.kwargs.value(key, Json());
  return value.is_string() ? value.get<std::string>() : "";
}

bool WantedSplit::names_files() const {
  const std::string revision = kwarg("revision");
  return !data.kwargs.value("data_files", Json()).is_null() || !kwarg("data_dir").empty() ||
         (!revision.empty() && revision != "main");
}

std::vector<WantedSplit> missing_splits(const std::vector<Task>& tasks) {
  std::vector<WantedSplit> wanted;
  std::map<Path, std::string> seen;
  for (const Task& task : tasks) {
    if (task.frozen || task.data.is_local() || !is_repo_name(task.data.path)) continue;
    std::string examples = task.few_shot.split;
    for (const std::string* split :
         {&task.training_split, &task.validation_split, &task.test_split}) {
      if (examples.empty() && !task.few_shot.samples) examples = *split;
    }
    for (const std::string& split : {task.evaluated_split(), examples}) {
      require_inside(task.data.name, "configuration", task);
      require_inside(split, "split", task);
      if (split.empty() || task.data.has_split(split)) continue;
      const WantedSplit its{task.data, split};
      const auto [known, is_new] = seen.emplace(its.file(), decisive(its));
      if (!is_new && known->second != decisive(its)) {
        throw Error(its.file().string(), "is to hold different data for two tasks",
                    "the same data_files, data_dir, revision and field in dataset_kwargs, or "
                    "another E2LM_DATA for one of them");
      }
      if (is_new) wanted.push_back(its);
    }
  }
  return wanted;
}

SplitLock::SplitLock(const WantedSplit& wanted, const std::function<bool()>& stop)
    : lock_(lock_file(wanted), stop, {}) {}

std::vector<Path> begun_files(const WantedSplit& wanted, std::string_view ending) {
  std::vector<Path> files;
  const std::string start = fmt::format(".{}.", wanted.split);
  for (const Path& path : list_folder(wanted.folder())) {
    const std::string name = path.filename();
    if (name.starts_with(start) && name.ends_with(ending)) files.push_back(path);
  }
  return files;
}

}  // namespace e2lm
