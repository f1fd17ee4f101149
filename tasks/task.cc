#include "tasks/task.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/error.h"

namespace e2lm {
namespace {

// Keys of the original dialect that this reader knows of but does not carry out.
constexpr std::array<std::string_view, 17> kNotSupported = {"include",
                                                            "dataset_name",
                                                            "training_split",
                                                            "validation_split",
                                                            "process_docs",
                                                            "process_results",
                                                            "filter_list",
                                                            "repeats",
                                                            "generation_kwargs",
                                                            "gen_prefix",
                                                            "custom_dataset",
                                                            "doc_to_image",
                                                            "doc_to_audio",
                                                            "use_prompt",
                                                            "unsafe_code",
                                                            "should_decontaminate",
                                                            "doc_to_decontamination_query"};

class TaskReader {
 public:
  explicit TaskReader(const Path& path)
      : root_(read_yaml(path)), problems_(path.string()), keys_(root_, "", problems_) {
    task_.path = path;
  }

  Task read() {
    if (const Yaml* name = keys_.require("task")) task_.name = name->text;
    read_tags();
    read_output_type();
    read_data();
    read_prompt();
    read_few_shot();
    read_metrics();
    keys_.find("task_alias");
    keys_.find("metadata");
    for (const std::string_view key : kNotSupported) {
      if (const Yaml* value = keys_.find(key)) {
        problems_.add(value->line, fmt::format("'{}' is not supported", key));
      }
    }
    keys_.finish();
    problems_.raise();
    return std::move(task_);
  }

 private:
  void read_tags() {
    const Yaml* tags = keys_.find("tag");
    if (!tags) return;
    if (tags->kind == Yaml::Kind::scalar) task_.tags.push_back(tags->text);
    for (const Yaml& tag : tags->items) task_.tags.push_back(tag.text);
  }

  void read_output_type() {
    const std::string type = keys_.text("output_type").value_or("generate_until");
    if (type != "multiple_choice") {
      const Yaml* node = root_.find("output_type");
      problems_.add(node ? node->line : root_.line,
                    fmt::format("output_type '{}' is not supported; 'multiple_choice' is", type));
    }
  }

  void read_data() {
    const Yaml* kind = keys_.require("dataset_path");
    if (kind && kind->text != "json") {
      problems_.add(kind->line, fmt::format("dataset_path '{}' is not supported; 'json' with "
                                            "dataset_kwargs.data_files is",
                                            kind->text));
    }
    if (const Yaml* kwargs = keys_.require("dataset_kwargs")) {
      YamlMap map(*kwargs, "dataset_kwargs", problems_);
      if (const Yaml* files = map.require("data_files")) read_data_files(*files);
      map.finish();
    }
    if (const Yaml* split = keys_.require("test_split")) task_.test_split = known_split(*split);
    if (const Yaml* split = keys_.find("fewshot_split")) task_.fewshot_split = known_split(*split);
  }

  void read_data_files(const Yaml& files) {
    if (files.kind != Yaml::Kind::map) return add_files("train", files);
    for (const auto& [split, paths] : files.entries) add_files(split.text, paths);
  }

  void add_files(const std::string& split, const Yaml& paths) {
    if (paths.kind == Yaml::Kind::scalar) task_.data_files[split].push_back(locate(paths));
    for (const Yaml& path : paths.items) task_.data_files[split].push_back(locate(path));
    if (task_.data_files[split].empty()) {
      problems_.add(paths.line, fmt::format("the split '{}' names no file", split));
    }
  }

  // Relative paths count from the current folder, as in the original; failing that, from the task
  // file's own.
  Path locate(const Yaml& node) {
    const Path path = node.text;
    if (path.is_absolute() || std::filesystem::exists(path)) return path;
    const Path beside = task_.path.parent_path() / path;
    if (!std::filesystem::exists(beside)) {
      problems_.add(node.line, fmt::format("the data file '{}' is neither in the current folder "
                                           "nor beside the task file",
                                           node.text));
    }
    return beside;
  }

  std::string known_split(const Yaml& node) {
    if (!task_.data_files.contains(node.text)) {
      problems_.add(node.line, fmt::format("the split '{}' has no data_files", node.text));
    }
    return node.text;
  }

  std::optional<Field> field(const char* key) {
    const Yaml* node = keys_.require(key);
    return node ? std::optional(Field::read(*node, key, problems_)) : std::nullopt;
  }

  void read_prompt() {
    task_.doc_to_text = field("doc_to_text");
    task_.doc_to_target = field("doc_to_target");
    task_.doc_to_choice = field("doc_to_choice");
    task_.description = keys_.text("description").value_or("");
    task_.target_delimiter = keys_.text("target_delimiter").value_or(task_.target_delimiter);
    task_.fewshot_delimiter = keys_.text("fewshot_delimiter").value_or(task_.fewshot_delimiter);
  }

  void read_few_shot() {
    task_.num_fewshot = keys_.integer("num_fewshot");
    if (task_.num_fewshot.value_or(0) < 0) {
      problems_.add(keys_.line(), "'num_fewshot' must not be negative");
    }
    const Yaml* config = keys_.find("fewshot_config");
    if (!config) return;
    YamlMap map(*config, "fewshot_config", problems_);
    const std::string sampler = map.text("sampler").value_or("default");
    if (sampler != "first_n") {
      problems_.add(config->line,
                    fmt::format("the sampler '{}' is not supported; 'first_n' is", sampler));
    }
    map.finish();
  }

  void read_metrics() {
    const Yaml* list = keys_.find("metric_list");
    if (!list) {
      task_.metrics = {{"acc", root_.line}, {"acc_norm", root_.line}};
      return;
    }
    for (const Yaml& entry : list->items) {
      YamlMap map(entry, "metric_list", problems_);
      if (const Yaml* name = map.require("metric")) {
        task_.metrics.push_back({name->text, name->line});
      }
      const std::string aggregation = map.text("aggregation").value_or("mean");
      if (aggregation != "mean") {
        problems_.add(entry.line,
                      fmt::format("the aggregation '{}' is not supported; 'mean' is", aggregation));
      }
      map.find("higher_is_better");
      map.finish();
    }
    if (task_.metrics.empty()) problems_.add(list->line, "'metric_list' names no metric");
  }

  Yaml root_;
  Problems problems_;
  YamlMap keys_;
  Task task_;
};

}  // namespace

Task Task::read(const Path& path) {
  return TaskReader(path).read();
}

}  // namespace e2lm
