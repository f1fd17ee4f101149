#include "harness/submission/submitted_task.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.h"
#include "base/text.h"
#include "harness/results/task_scores.h"
#include "harness/submission/confined_data.h"
#include "harness/submission/safe_path.h"
#include "tasks/dialect/task_file.h"

namespace e2lm::submission {
namespace {

class TaskFinder {
 public:
  TaskFinder(const Submission& submission, Verdict& verdict)
      : submission_(submission), verdict_(verdict) {}

  std::optional<SubmittedTask> find(const NativeMetrics& native) {
    std::optional<TaskFiles> files;
    const bool inside =
        verdict_.attempt("path", [&] { files.emplace(submission_.root, submission_.folder); });
    if (!inside) return {};
    const auto renamed = replace_python_metrics(*files, native);
    const TaskFiles replaced(submission_.root, submission_.folder);
    const TaskLibrary library({submission_.folder});
    const std::string name = task_name(library);
    verdict_.task = name;
    if (!check_name(library, replaced, name)) return {};
    const std::vector<Path> behind = replaced.behind(library, name);
    if (!check_files(replaced, behind)) return {};
    TaskSelection selection = library.select(std::vector<std::string>{name});
    SubmittedTask task{.name = name};
    if (!select_members(selection, task)) return {};
    if (!choose_metric(renamed, task)) return {};
    const bool confined = verdict_.attempt("path", [&] {
      for (Task& member : task.members) confine_data(submission_.root, member);
    });
    return confined ? std::optional(std::move(task)) : std::nullopt;
  }

 private:
  // Metadata name it; a folder of ours without them has a task.yaml that does.
  std::string task_name(const TaskLibrary& library) const {
    if (!submission_.metadata.task.empty()) return submission_.metadata.task;
    for (const auto& [name, entry] : library.entries()) {
      if (entry.path == submission_.root / "task.yaml") return name;
    }
    return {};
  }

  bool check_name(const TaskLibrary& library, const TaskFiles& files, const std::string& name) {
    const auto& entries = library.entries();
    if (name.ends_with(".yaml")) {  // which would be taken for a path, wherever it leads
      verdict_.fault("task", fmt::format("'{}' is no name of a task", printable(name)));
      return false;
    }
    for (const auto& [taken, path, kept] : library.passed_over()) {
      verdict_.warn("task", fmt::format("{} is passed over, since {} is named {} too",
                                        path.string(), kept.string(), printable(taken)));
    }
    if (entries.contains(name)) return true;
    // The reason may be a file that cannot be read.
    const size_t before = verdict_.faults.size();
    for (const auto& [path, file] : files.all()) {
      if (!file.error.empty()) verdict_.fault("task", file.error);
      report_missing(file);
    }
    if (verdict_.faults.size() == before) report_includes(files);
    if (verdict_.faults.size() == before && name.empty()) refuse_task_file(library);
    if (verdict_.faults.size() == before) refuse_name(entries, name);
    return false;
  }

  // Each file can be read; together they may include each other in a circle.
  void report_includes(const TaskFiles& files) {
    for (const auto& entry : files.all()) {
      verdict_.attempt("task", [&] { read_task_file(entry.first); });
    }
  }

  // Without metadata task.yaml is the task, unless it names none, or one that another file has.
  void refuse_task_file(const TaskLibrary& library) {
    const Path file = submission_.root / "task.yaml";
    for (const auto& [name, path, kept] : library.passed_over()) {
      if (path != file) continue;
      verdict_.fault("task", fmt::format("{} and {} are both named '{}' (expected another name, or "
                                         "metadata.yaml)",
                                         path.string(), kept.string(), printable(name)));
      return;
    }
    verdict_.fault("task", fmt::format("{} names no task (expected the key 'task', or 'group')",
                                       file.string()));
  }

  void refuse_name(const std::map<std::string, TaskLibrary::Entry>& entries,
                   const std::string& name) {
    std::vector<std::string> known;
    bool is_tag = false;
    for (const auto& [entry_name, entry] : entries) {
      known.push_back(entry_name);
      is_tag = is_tag || std::find(entry.tags.begin(), entry.tags.end(), name) != entry.tags.end();
    }
    if (is_tag) {
      return verdict_.fault("task", fmt::format("'{}' is a tag: its tasks have no score together "
                                                "(expected a task or a group)",
                                                name));
    }
    const std::string near = nearest(name, known);
    verdict_.fault(
        "task",
        fmt::format("the submission adds no task or group '{}'{} (it has {})", printable(name),
                    near.empty() ? "" : fmt::format("; is '{}' meant?", near),
                    known.empty() ? "none" : fmt::format("{}", fmt::join(known, ", "))));
  }

  bool check_files(const TaskFiles& files, const std::vector<Path>& behind) {
    const size_t before = verdict_.faults.size();
    for (const Path& path : behind) {
      const TaskFile& file = files.at(path);
      if (!file.error.empty()) verdict_.fault("task", file.error);
      for (const FunctionUse& use : file.functions) {
        verdict_.fault("python",
                       fmt::format("{}: '{}' is !function {}, which needs Python and is not run "
                                   "here{}",
                                   use.where, use.key, use.function,
                                   use.key.starts_with("metric_list")
                                       ? "; --native " + use.function +
                                             "=METRIC puts a metric of this program in its place"
                                       : ""));
      }
      report_missing(file);
    }
    return verdict_.faults.size() == before;
  }

  void report_missing(const TaskFile& file) {
    for (size_t i = 0; i < file.missing.size(); ++i) {
      const Path& path = file.missing_paths[i];
      const bool touched =
          std::any_of(submission_.patch.begin(), submission_.patch.end(),
                      [&](const PatchedFile& patched) { return patched.path == path; });
      verdict_.fault("upstream",
                     fmt::format("{}, which the submission {}", file.missing[i],
                                 touched ? "changes but does not hold: the original is not here"
                                         : "does not hold"));
    }
  }

  bool select_members(TaskSelection& selection, SubmittedTask& task) {
    for (const Group& group : selection.groups) {
      if (group.name == task.name) group_ = &group;
    }
    task.is_group = group_ != nullptr;
    if (!task.is_group) {
      task.members = std::move(selection.tasks);
      return true;
    }
    for (const std::string& leaf : leaves_of(*group_, selection)) {
      for (Task& member : selection.tasks) {
        if (member.name == leaf) task.members.push_back(std::move(member));
      }
    }
    if (task.members.empty()) verdict_.fault("task", fmt::format("{} has no task", task.name));
    return !task.members.empty();
  }

  bool choose_metric(const std::map<std::string, std::string>& renamed, SubmittedTask& task) {
    std::string wanted = submission_.metadata.metric;
    if (wanted.empty()) {
      const Task& first = task.members.front();
      wanted = first.metrics.empty() ? std::string(default_metrics(first.output_type).front())
                                     : first.metrics.front().name;
      verdict_.metric = wanted;
    }
    const auto native = renamed.find(wanted);
    verdict_.native_metric = native == renamed.end() ? wanted : native->second;
    if (native != renamed.end()) {
      verdict_.warn("metric", fmt::format("the metric '{}' is Python; '{}' of this program stands "
                                          "for it",
                                          wanted, native->second));
    }
    if (task.is_group && !check_group(wanted, task)) return false;
    bool right = true;
    for (Task& member : task.members) right = keep_metric(member) && right;
    task.metric = find_metric(verdict_.native_metric);
    return right && task.metric;
  }

  bool check_group(const std::string& wanted, SubmittedTask& task) {
    for (const Group::Aggregate& aggregate : group_->aggregates) {
      if (aggregate.metric != wanted && aggregate.metric != verdict_.native_metric) continue;
      task.weight_by_size = aggregate.weight_by_size;
      return true;
    }
    std::vector<std::string> known;
    for (const Group::Aggregate& aggregate : group_->aggregates) known.push_back(aggregate.metric);
    verdict_.fault(
        "metric", fmt::format("the group {} does not report the metric '{}' (it has {})", task.name,
                              printable(wanted),
                              known.empty() ? "none" : fmt::format("{}", fmt::join(known, ", "))));
    return false;
  }

  // Leaves a task the one metric that counts; others may be of any kind.
  bool keep_metric(Task& task) {
    const std::string& wanted = verdict_.native_metric;
    std::vector<std::string> known;
    for (const Task::Metric& metric : task.metrics) known.push_back(metric.name);
    if (task.metrics.empty()) {
      for (const auto name : default_metrics(task.output_type)) known.emplace_back(name);
    }
    if (std::find(known.begin(), known.end(), wanted) == known.end()) {
      return refuse_metric(task, fmt::format("does not report the metric '{}'", printable(wanted)),
                           fmt::format("{}", fmt::join(known, ", ")));
    }
    const auto& filters = task.filters;
    if (std::find(filters.begin(), filters.end(), verdict_.filter) == filters.end()) {
      return refuse_metric(task, fmt::format("has no filter '{}'", printable(verdict_.filter)),
                           fmt::format("{}", fmt::join(filters, ", ")));
    }
    std::erase_if(task.metrics, [&](const Task::Metric& metric) { return metric.name != wanted; });
    if (task.metrics.empty()) task.metrics.push_back({.name = wanted});
    task.metrics.resize(1);
    return check_aggregation(task);
  }

  bool check_aggregation(const Task& task) {
    const Task::Metric& metric = task.metrics.front();
    const std::string objection = objection_to(metric.name, task.output_type, metric.aggregation);
    if (!objection.empty()) return refuse_metric(task, objection, "");
    const std::string_view own = find_metric(metric.name)->aggregation;
    if (metric.aggregation.empty() || metric.aggregation == own) return true;
    return refuse_metric(task, fmt::format("aggregates {} by {}", metric.name, metric.aggregation),
                         std::string(own));
  }

  bool refuse_metric(const Task& task, const std::string& what, const std::string& expected) {
    verdict_.fault("metric", Error(task.path.string() + ": " + task.name, what, expected).what());
    return false;
  }

  const Submission& submission_;
  Verdict& verdict_;
  const Group* group_ = nullptr;
};

}  // namespace

std::optional<SubmittedTask> find_task(const Submission& submission, const NativeMetrics& native,
                                       Verdict& verdict) {
  try {
    return TaskFinder(submission, verdict).find(native);
  } catch (const Error& error) {
    if (std::string_view(error.what()).starts_with("--native")) throw;  // the user's, not its own
    verdict.fault("task", error.what());
    return {};
  }
}

}  // namespace e2lm::submission
