// Files that hold whole series, as lists that run in parallel.

#include <fmt/format.h>

#include <algorithm>

#include "base/error.h"
#include "harness/import/readers.h"
#include "harness/import/score_number.h"

namespace e2lm {
namespace {

struct TokenKey {
  const char* key;
  double unit;
};
constexpr TokenKey kTokenKeys[] = {
    {"tokens", 1}, {"mtokens", 1e6}, {"gtokens", 1e9}, {"btokens", 1e9}, {"ttokens", 1e12}};
constexpr const char* kStepKeys[] = {"iteration", "iterations", "step", "steps", "checkpoints"};

// Lists of nothing but texts say what a series is, not how it did.
bool is_numbers(const Json& list) {
  if (!list.is_array()) return false;
  const bool texts =
      std::all_of(list.begin(), list.end(), [](const Json& value) { return value.is_string(); });
  return list.empty() || !texts;
}

// Lists under the same object, one entry for each checkpoint.
class Lists {
 public:
  explicit Lists(const JsonNode& node) : node_(node) {
    for (const char* key : kStepKeys) {
      if (!node.find(key)) continue;
      if (!step_key_.empty()) refuse_both(step_key_, key);
      step_key_ = key;
    }
    for (const TokenKey& token : kTokenKeys) {
      if (!node.find(token.key)) continue;
      if (!token_key_.empty()) refuse_both(token_key_, token.key);
      token_key_ = token.key;
      unit_ = token.unit;
    }
    if (step_key_.empty()) throw Error(node.where(), "has no 'iteration'", "a list of steps");
  }

  std::vector<ImportedCheckpoint> checkpoints() const {
    const JsonNode steps = node_.at(step_key_);
    std::vector<ImportedCheckpoint> list(steps.list().size());
    for (size_t i = 0; i < list.size(); ++i) {
      list[i].origin.step = steps.at(i).whole_number();
    }
    if (token_key_.empty()) return list;
    const JsonNode tokens = node_.at(token_key_);
    check_length(tokens, list.size());
    for (size_t i = 0; i < list.size(); ++i) {
      const JsonNode value = tokens.at(i);
      const auto number = score_number(value.json(), value.where()).value;
      if (number && *number < 0) throw Error(value.where(), "is below 0", "training tokens");
      if (number) list[i].origin.tokens = *number * unit_;
      list[i].origin.where = value.where();
    }
    return list;
  }

  bool is_axis(const std::string& key) const { return key == step_key_ || key == token_key_; }

  // Throws Error unless a list has one entry for each checkpoint.
  void check_length(const JsonNode& list, size_t checkpoints) const {
    const size_t count = list.list().size();
    if (count == checkpoints) return;
    throw Error(list.where(), fmt::format("has {} entries", count),
                fmt::format("{}, as '{}' has", checkpoints, step_key_));
  }

 private:
  [[noreturn]] void refuse_both(const std::string& one, const std::string& other) const {
    throw Error(node_.where(), fmt::format("has both '{}' and '{}'", one, other), "one of them");
  }

  JsonNode node_;
  std::string step_key_, token_key_;
  double unit_ = 1;
};

ImportedScore score_of(const std::string& task, const std::string& metric, const JsonNode& value) {
  const ScoreNumber number = score_number(value.json(), value.where());
  return {.task = task,
          .metric = metric,
          .value = number.value,
          .instead = number.instead,
          .where = value.where()};
}

void add_list(const std::string& task, const std::string& metric, const JsonNode& values,
              const JsonNode* errors, std::vector<ImportedCheckpoint>& into) {
  for (size_t i = 0; i < into.size(); ++i) {
    ImportedScore score = score_of(task, metric, values.at(i));
    if (errors) {
      const JsonNode error = errors->at(i);
      score.standard_error = score_number(error.json(), error.where()).value;
    }
    into[i].scores.push_back(std::move(score));
  }
}

void add_task_lists(const JsonNode& task_node, const std::string& task, const Lists& lists,
                    std::vector<ImportedCheckpoint>& into) {
  for (const auto& [metric, values] : task_node.object().items()) {
    if (is_stderr(metric)) continue;
    const JsonNode node(values, fmt::format("{}.{}", task_node.where(), metric));
    lists.check_length(node, into.size());
    const auto errors = task_node.find(metric + "_stderr");
    if (errors) lists.check_length(*errors, into.size());
    add_list(task, metric, node, errors ? &*errors : nullptr, into);
  }
}

}  // namespace

bool is_plot_data(const Json& json) {
  if (!json.contains("data") || !json["data"].is_object()) return false;
  if (json["data"].empty()) return json.contains("metadata");
  const Json& first = json["data"].begin().value();
  return first.is_object() && (first.contains("iteration") || json.contains("metadata"));
}

void read_plot_data(const JsonNode& root, ImportedFile& into) {
  constexpr const char* kMetric = "score";
  const JsonNode data = root.at("data");
  for (const auto& [series, entry] : data.object().items()) {
    const JsonNode node = data.at(series);
    const Lists lists(node);
    std::vector<ImportedCheckpoint> checkpoints = lists.checkpoints();
    for (const auto& [key, values] : entry.items()) {
      if (lists.is_axis(key) || is_stderr(key) || !is_numbers(values)) continue;
      const JsonNode list(values, fmt::format("{}.{}", node.where(), key));
      lists.check_length(list, checkpoints.size());
      const auto errors = node.find(key + "_stderr");
      if (errors) lists.check_length(*errors, checkpoints.size());
      add_list(key, kMetric, list, errors ? &*errors : nullptr, checkpoints);
    }
    for (ImportedCheckpoint& checkpoint : checkpoints) {
      checkpoint.origin.series = series;
      into.checkpoints.push_back(std::move(checkpoint));
    }
  }
}

bool is_aggregate(const Json& json) {
  return json.contains("results") && json["results"].is_object() && json.contains("checkpoints");
}

void read_aggregate(const JsonNode& root, ImportedFile& into) {
  const Lists lists(root);
  std::vector<ImportedCheckpoint> checkpoints = lists.checkpoints();
  const JsonNode results = root.at("results");
  for (const auto& [task, metrics] : results.object().items()) {
    add_task_lists(results.at(task), task, lists, checkpoints);
  }
  for (ImportedCheckpoint& checkpoint : checkpoints) {
    into.checkpoints.push_back(std::move(checkpoint));
  }
}

}  // namespace e2lm
