#include "tests/scoring/golden_run.h"

#include <algorithm>
#include <map>
#include <optional>

#include "base/error.h"
#include "base/yaml.h"
#include "scoring/metrics/metric.h"

namespace e2lm {
namespace {

Json read_json(const Path& path) {
  return parse_json(read_file(path), path.string());
}

std::vector<Json> read_lines(const Path& path) {
  std::vector<Json> rows;
  for_each_json_line(path, [&](int64_t, Json row) { rows.push_back(std::move(row)); });
  return rows;
}

// A node's items; one that is no list is its own only item.
std::vector<Yaml> items_of(const Yaml& node) {
  return node.kind == Yaml::Kind::list ? node.items : std::vector{node};
}

std::vector<std::string> texts_of(const Yaml& node) {
  std::vector<std::string> texts;
  for (const Yaml& item : items_of(node)) texts.push_back(item.text);
  return texts;
}

// A text in a task file or in what it includes.
std::optional<std::string> find_in(const Path& path, const std::string& key) {
  const Yaml task = read_yaml(path);
  if (const Yaml* found = task.find(key)) return found->text;
  const Yaml* include = task.find("include");
  if (!include) return {};
  for (const std::string& file : texts_of(*include)) {
    if (const auto found = find_in(path.parent_path() / file, key)) return found;
  }
  return {};
}

struct TaskFile {
  std::string delimiter;
  OutputType type;
};

// Of the groups only g04 overrides what is read here, for one member; its delimiter stands here.
TaskFile task_file(const Path& folder, const Json& run, const std::string& task) {
  const Path path = run.contains("yaml") ? folder / run["yaml"].get<std::string>()
                                         : folder / "tasks" / (task + ".yaml");
  const bool overridden = task == "s10_delims" && run["run"].get<std::string>().starts_with("g04");
  return {.delimiter = overridden ? " :: " : find_in(path, "target_delimiter").value_or(" "),
          .type = find_output_type(find_in(path, "output_type").value()).value()};
}

// Tasks whose choices are contexts: doc_to_text gives the gold choice, which samples do not tell.
struct MultipleInput {
  std::string data, column;
  int first;                         // the column's spelling of choice 0
  std::vector<std::string> choices;  // where their lengths matter
};
const std::map<std::string, MultipleInput> kMultipleInput = {
    {"s06_winogrande", {"data/wino_val.jsonl", "answer", 1, {"", ""}}},
    {"s46_pmi_winogrande", {"data/wino_val.jsonl", "answer", 1, {"", ""}}},
    {"s43_num_label_text", {"data/boolq_val.jsonl", "label", 0, {"Ctx zero {{x}}", "Ctx one"}}},
};

int32_t gold_in_data(const Path& folder, const MultipleInput& source, size_t row) {
  const Json value = read_lines(folder / source.data).at(row)[source.column];
  return (value.is_string() ? std::stoi(value.get<std::string>()) : value.get<int>()) -
         source.first;
}

std::vector<int32_t> gold_of(const Json& target, const std::vector<std::string>& choices) {
  if (target.is_array()) return target.get<std::vector<int32_t>>();
  if (target.is_boolean()) return {target.get<bool>() ? 1 : 0};
  if (target.is_number()) return {target.get<int32_t>()};
  const auto found = std::find(choices.begin(), choices.end(), target.get<std::string>());
  return {found == choices.end() ? kNoGold : static_cast<int32_t>(found - choices.begin())};
}

Choice choice_from(const Json& request, const std::string& text) {
  return {.logprob_nats = request["ll"],
          .tokens = 1,
          .characters = static_cast<int32_t>(count_characters(text)),
          .bytes = static_cast<int32_t>(text.size()),
          .greedy = request.value("is_greedy", false)};
}

// `requests` are those of one document, repeats left out.
Item item_from(const std::vector<Json>& requests, const Json& sample, const TaskFile& file) {
  const Json& metrics = sample["metrics"];
  Item item{.type = file.type};
  if (item.type == OutputType::loglikelihood_rolling) {
    item.choices.push_back(choice_from(requests[0], requests[0]["text"]));
    if (metrics.contains("word_perplexity")) item.choices[0].words = metrics["word_perplexity"][1];
    return item;
  }
  const size_t asked = requests.size() / (metrics.contains("acc_mutual_info") ? 2 : 1);
  std::vector<std::string> texts;
  for (size_t i = 0; i < asked; ++i) {
    texts.push_back(requests[i]["continuation"].get<std::string>().substr(file.delimiter.size()));
    item.choices.push_back(choice_from(requests[i], texts.back()));
    if (asked < requests.size()) item.choices[i].unconditional_nats = requests[asked + i]["ll"];
  }
  if (item.type == OutputType::multiple_choice) item.gold = gold_of(sample["target"], texts);
  return item;
}

// The documents of a task in order, each with its requests.
std::vector<std::vector<Json>> by_document(const std::vector<Json>& requests,
                                           const std::string& task) {
  std::vector<std::vector<Json>> documents;
  for (const Json& request : requests) {
    if (request["task"] != task) continue;
    if (documents.empty() || documents.back()[0]["doc_id"] != request["doc_id"]) {
      documents.emplace_back();
    } else if (documents.back().back()["idx"] == request["idx"]) {
      continue;  // a repeat, of which the first is taken
    }
    documents.back().push_back(request);
  }
  return documents;
}

GoldenTask task_from(const Path& folder, const Json& run, const std::string& name,
                     const std::vector<Json>& requests, const std::vector<Json>& samples) {
  GoldenTask task{.name = name};
  const TaskFile file = task_file(folder, run, name);
  const std::vector<std::vector<Json>> documents = by_document(requests, name);
  const auto source = kMultipleInput.find(name);
  for (const Json& sample : samples) {
    if (sample["task"] != name) continue;
    const size_t place = task.items.size();
    task.filter = sample["filter"];
    task.metrics.push_back(sample["metrics"]);
    task.items.push_back(item_from(documents.at(place), sample, file));
    if (source == kMultipleInput.end()) continue;
    Item& item = task.items.back();
    item.gold = {gold_in_data(folder, source->second, place)};
    for (size_t i = 0; i < item.choices.size(); ++i) {
      item.choices[i].characters = static_cast<int32_t>(source->second.choices[i].size());
    }
  }
  return task;
}

// A group's definition: its own file, or for outer::inner an entry of the outer group's file.
Yaml group_node(const Path& folder, const std::string& group) {
  const size_t inner = group.find("::");
  const Yaml file = read_yaml(folder / "tasks" / (group.substr(0, inner) + ".yaml"));
  if (inner == std::string::npos) return file;
  for (const Yaml& member : file.find("task")->items) {
    const Yaml* name = member.find("group");
    if (name && name->text == group.substr(inner + 2)) return member;
  }
  throw Error(group, "is not in its file");
}

std::vector<GroupRule> rules_of(const Path& folder, const std::string& group) {
  const Yaml node = group_node(folder, group);
  std::vector<GroupRule> rules;
  const Yaml* list = node.find("aggregate_metric_list");
  if (!list) return rules;
  for (const Yaml& entry : items_of(*list)) {
    GroupRule rule{.metric = entry.find("metric")->text};
    const Yaml* weighted = entry.find("weight_by_size");
    rule.weight_by_size = !weighted || weighted->text == "true";
    if (const Yaml* filters = entry.find("filter_list")) rule.filters = texts_of(*filters);
    rules.push_back(std::move(rule));
  }
  return rules;
}

void add_leaves(const Json& members, const std::string& name, std::vector<std::string>& leaves) {
  if (!members.contains(name)) {
    leaves.push_back(name);
    return;
  }
  for (const Json& member : members[name]) add_leaves(members, member, leaves);
}

}  // namespace

std::vector<std::string> golden_runs(const Path& folder) {
  constexpr std::string_view kEnding = ".results.json";
  std::vector<std::string> names;
  for (const Path& path : list_folder(folder / "expected")) {
    const std::string file = path.filename().string();
    if (!file.ends_with(kEnding) || read_json(path).contains("error")) continue;
    names.push_back(file.substr(0, file.size() - kEnding.size()));
  }
  return names;
}

GoldenRun read_golden_run(const Path& folder, const std::string& name) {
  const std::string start = (folder / "expected" / name).string();
  const Json run = read_json(start + ".results.json");
  const std::vector<Json> requests = read_lines(start + ".requests.jsonl");
  const std::vector<Json> samples = read_lines(start + ".samples.jsonl");
  GoldenRun golden{
      .name = name, .draws = run["args"].value("boot", int64_t{0}), .results = run["results"]};
  const Json& members = run["group_subtasks"];
  for (const auto& [entry, values] : golden.results.items()) {
    if (members.contains(entry)) {
      GoldenGroup group{.name = entry, .rules = rules_of(folder, entry)};
      add_leaves(members, entry, group.leaves);
      if (!group.rules.empty()) golden.groups.push_back(std::move(group));
    } else {
      golden.tasks.push_back(task_from(folder, run, entry, requests, samples));
    }
  }
  return golden;
}

}  // namespace e2lm
