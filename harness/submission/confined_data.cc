#include "harness/submission/confined_data.h"

#include "base/error.h"
#include "harness/submission/safe_path.h"

namespace e2lm::submission {
namespace {

// Looks for data files within the submission alone: from its root, as the harness does from its
// checkout, then beside the task file.
class DataConfiner {
 public:
  DataConfiner(const Path& root, const Task& task) : root_(root), task_(task) {}

  // The kwargs with absolute paths in the place of given ones.
  Json confined() const {
    Json kwargs = task_.data.kwargs;
    const std::string folder = kwargs.contains("data_dir") && kwargs["data_dir"].is_string()
                                   ? kwargs["data_dir"].get<std::string>()
                                   : "";
    if (!kwargs.contains("data_files")) {
      kwargs["data_dir"] = located(folder).string();
      return kwargs;
    }
    kwargs.erase("data_dir");
    confine(kwargs["data_files"], folder);
    return kwargs;
  }

 private:
  void confine(Json& value, const std::string& folder) const {
    if (value.is_structured()) {
      for (Json& inner : value) confine(inner, folder);
    } else if (value.is_string()) {
      const auto file = value.get<std::string>();
      value = located(folder.empty() ? file : folder + "/" + file).string();
    }
  }

  Path located(const std::string& text) const {
    std::string_view plain = text;
    while (plain.starts_with("./")) plain.remove_prefix(2);
    while (plain.ends_with('/')) plain.remove_suffix(1);
    const Path inside = safe_path(plain, task_.path.string());
    const Path beside = task_.path.parent_path() / inside;
    return std::filesystem::exists(root_ / inside) ? root_ / inside : beside;
  }

  const Path& root_;
  const Task& task_;
};

}  // namespace

void confine_data(const Path& root, Task& task) {
  if (task.frozen) {
    const Path path = std::filesystem::weakly_canonical(task.frozen->path);
    if (path.string().starts_with(root.string() + "/")) return;
    throw Error(task.frozen->where, "its data are outside of the submission");
  }
  if (task.data.is_local()) {
    task.data.kwargs = DataConfiner(root, task).confined();
    return;
  }
  safe_path(task.data.path, task.path.string() + ": dataset_path");
  if (!task.data.name.empty()) safe_path(task.data.name, task.path.string() + ": dataset_name");
}

}  // namespace e2lm::submission
