#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/error.h"
#include "tasks/dialect/task_file.h"
#include "tasks/task.h"

namespace e2lm {
namespace {

// Keys of the original that mean nothing for log-likelihoods, or only to those who read the file.
constexpr std::array<std::string_view, 7> kWithoutEffect = {"tag",
                                                            "group",
                                                            "task_list",
                                                            "generation_kwargs",
                                                            "unsafe_code",
                                                            "should_decontaminate",
                                                            "doc_to_decontamination_query"};

// Keys that ask for what this program does not do.
constexpr std::array<std::string_view, 5> kRefused = {"custom_dataset", "process_results",
                                                      "doc_to_image", "doc_to_audio", "use_prompt"};

constexpr Field::Allowed kTextOrNumber{.number = true};
constexpr Field::Allowed kTarget{.number = true, .list = true};
constexpr Field::Allowed kChoices{.list = true, .mapping = true};

// Every use of Python in a file, by key.
void find_functions(const Yaml& node, const std::string& key, Problems& problems) {
  if (node.tag == "!function") {
    problems.add(node, fmt::format("'{}' is !function {}, which needs Python and is not run here; "
                                   "tools/freeze_task.py writes such a task out as data",
                                   key, node.text));
  } else if (!node.tag.empty()) {
    problems.add(node, fmt::format("'{}' has the unknown tag {}", key, node.tag));
  }
  for (const Yaml& item : node.items) find_functions(item, key, problems);
  for (const YamlEntry& entry : node.entries) {
    find_functions(entry.value, key.empty() ? entry.key.text : key + "." + entry.key.text,
                   problems);
  }
}

class TaskReader {
 public:
  TaskReader(const Yaml& root, const Path& path)
      : root_(root), problems_(path.string()), keys_(root, "", problems_) {
    task_.path = path;
  }

  Task read() {
    find_functions(root_, "", problems_);
    if (problems_.empty()) {
      read_names();
      read_output_type();
      task_.frozen = FrozenSource::read(keys_, task_.path.parent_path(), problems_);
      read_numbers();
      if (!task_.frozen) read_questions();
      read_metrics();
      read_filters();
      for (const std::string_view key : kWithoutEffect) keys_.find(key);
      keys_.finish();
    }
    problems_.raise();
    return std::move(task_);
  }

 private:
  // What a task has whose requests are made here.
  void read_questions() {
    task_.data = DataSource::read(keys_, task_.path.parent_path(), problems_);
    if (const Yaml* steps = keys_.find("process_docs")) {
      task_.process_docs = DocumentProcessor::read(*steps, problems_);
    }
    read_splits();
    read_prompt();
    read_few_shot();
    for (const std::string_view key : kRefused) {
      if (const Yaml* value = keys_.find(key)) {
        problems_.add(*value, fmt::format("'{}' is not supported", key));
      }
    }
  }

  void read_names() {
    if (const Yaml* name = keys_.require("task")) task_.name = name->text;
    task_.alias = keys_.text("task_alias").value_or(task_.name);
    if (const Yaml* tags = keys_.find("tag")) {
      if (tags->kind == Yaml::Kind::scalar) task_.tags.push_back(tags->text);
      for (const Yaml& tag : tags->items) task_.tags.push_back(tag.text);
    }
    const Yaml* metadata = keys_.find("metadata");
    task_.metadata = metadata ? metadata->json() : Json::object();
    const bool has_version = task_.metadata.is_object() && task_.metadata.contains("version");
    task_.version = has_version ? python_str(task_.metadata["version"]) : "Yaml";
  }

  void read_output_type() {
    const std::string given = keys_.text("output_type").value_or("generate_until");
    if (const auto type = find_output_type(given)) {
      task_.output_type = *type;
      return;
    }
    const Yaml* node = root_.find("output_type");
    problems_.add(node ? *node : root_,
                  fmt::format("output_type '{}' is not supported; multiple_choice, loglikelihood "
                              "and loglikelihood_rolling are",
                              given));
  }

  void read_splits() {
    task_.training_split = keys_.text("training_split").value_or("");
    task_.validation_split = keys_.text("validation_split").value_or("");
    task_.test_split = keys_.text("test_split").value_or("");
    if (task_.evaluated_split().empty()) {
      problems_.add(root_, "there is neither a 'test_split' nor a 'validation_split'");
    }
  }

  std::optional<Field> field(YamlMap& keys, const char* key, Field::Allowed allowed) {
    const Yaml* node = keys.find(key);
    if (!node) return {};
    return Field::read(*node, keys.path(key), allowed, problems_);
  }

  void read_prompt() {
    task_.doc_to_text = field(keys_, "doc_to_text", kTextOrNumber);
    task_.doc_to_target = field(keys_, "doc_to_target", kTarget);
    task_.doc_to_choice = field(keys_, "doc_to_choice", kChoices);
    task_.description = field(keys_, "description", Field::Allowed{});
    task_.gen_prefix = field(keys_, "gen_prefix", Field::Allowed{});
    task_.target_delimiter = keys_.text("target_delimiter").value_or(task_.target_delimiter);
    task_.fewshot_delimiter = keys_.text("fewshot_delimiter").value_or(task_.fewshot_delimiter);
    const auto need = [&](const std::optional<Field>& value, const char* key) {
      if (!value && !keys_.find(key)) {
        problems_.add(root_, fmt::format("the key '{}' is missing", key));
      }
    };
    need(task_.doc_to_text, "doc_to_text");
    need(task_.doc_to_target, "doc_to_target");
    if (task_.output_type == OutputType::multiple_choice) {
      need(task_.doc_to_choice, "doc_to_choice");
    }
  }

  void read_numbers() {
    task_.num_fewshot = keys_.integer("num_fewshot");
    if (task_.num_fewshot.value_or(0) < 0) {
      problems_.add(*root_.find("num_fewshot"), "'num_fewshot' must not be negative");
    }
    task_.repeats = keys_.integer("repeats").value_or(1);
    if (task_.repeats < 1) problems_.add(*root_.find("repeats"), "'repeats' must be at least 1");
  }

  void read_few_shot() {
    Task::FewShot& few = task_.few_shot;
    few.split = keys_.text("fewshot_split").value_or("");
    few.target_delimiter = task_.target_delimiter;
    few.fewshot_delimiter = task_.fewshot_delimiter;
    const Yaml* config = keys_.find("fewshot_config");
    if (!config) return;
    YamlMap map(*config, "fewshot_config", problems_);
    // Null is a value here: it takes away what the task itself has.
    if (config->find("split")) few.split = map.text("split").value_or("");
    if (config->find("gen_prefix"))
      few.gen_prefix.emplace(field(map, "gen_prefix", Field::Allowed{}));
    few.doc_to_text = field(map, "doc_to_text", kTextOrNumber);
    few.doc_to_target = field(map, "doc_to_target", kTarget);
    few.doc_to_choice = field(map, "doc_to_choice", kChoices);
    few.target_delimiter = map.text("target_delimiter").value_or(few.target_delimiter);
    few.fewshot_delimiter = map.text("fewshot_delimiter").value_or(few.fewshot_delimiter);
    map.find("fewshot_indices");  // the original declares it and does nothing with it
    read_sampler(map);
    map.finish();
  }

  void read_sampler(YamlMap& map) {
    const std::string sampler = map.text("sampler").value_or("default");
    if (sampler == "first_n") {
      task_.few_shot.sampler = Task::FewShot::Sampler::first_n;
    } else if (sampler != "default") {
      problems_.add(*map.find("sampler"),
                    fmt::format("the sampler '{}' is unknown; there are default (random) and "
                                "first_n",
                                sampler));
    }
    const Yaml* samples = map.find("samples");
    if (!samples) return;
    task_.few_shot.samples = samples->json();
    const bool maps = samples->kind == Yaml::Kind::list &&
                      std::all_of(samples->items.begin(), samples->items.end(),
                                  [](const Yaml& item) { return item.kind == Yaml::Kind::map; });
    if (!maps) problems_.add(*samples, "'fewshot_config.samples' must be a list of documents");
  }

  void read_metrics() {
    const Yaml* list = keys_.find("metric_list");
    if (!list) return;
    for (const Yaml& entry : list->items) {
      YamlMap map(entry, "metric_list", problems_);
      const Yaml* name = map.require("metric");
      const Yaml* higher = map.find("higher_is_better");
      Task::Metric metric{.name = name ? name->text : "",
                          .aggregation = map.text("aggregation").value_or(""),
                          .node = entry};
      if (higher && higher->json().is_boolean()) metric.higher_is_better = higher->json();
      if (name) task_.metrics.push_back(std::move(metric));
    }
    if (task_.metrics.empty()) problems_.add(*list, "'metric_list' names no metric");
  }

  // The answer to a log-likelihood request is a pair of numbers: nothing but choosing among equal
  // repeats can be done with it.
  void read_filters() {
    const Yaml* list = keys_.find("filter_list");
    if (!list) return static_cast<void>(task_.filters = {"none"});
    for (const Yaml& entry : list->items) {
      YamlMap map(entry, "filter_list", problems_);
      const Yaml* name = map.require("name");
      const Yaml* steps = map.require("filter");
      if (name) task_.filters.push_back(name->text);
      if (steps) check_filter(*steps);
      map.finish();
    }
    if (task_.filters.empty()) problems_.add(*list, "'filter_list' names no filter");
  }

  void check_filter(const Yaml& steps) {
    for (const Yaml& step : steps.items) {
      const Yaml* function = step.find("function");
      const std::string name = function ? function->text : "";
      const bool last = &step == &steps.items.back();
      if (name == "take_first" ? last
                               : !last && (name == "take_first_k" || name == "majority_vote"))
        continue;
      problems_.add(step, fmt::format("the filter '{}' does not apply to log-likelihoods here; "
                                      "take_first does, as the last one",
                                      name));
    }
    if (steps.items.empty()) problems_.add(steps, "'filter' has no step");
  }

  const Yaml& root_;
  Problems problems_;
  YamlMap keys_;
  Task task_;
};

}  // namespace

Task Task::read(const Path& path) {
  return from(read_task_file(path), path);
}

Task Task::from(const Yaml& keys, const Path& path) {
  Task task = TaskReader(keys, path).read();
  task.keys = keys.json();
  return task;
}

}  // namespace e2lm
