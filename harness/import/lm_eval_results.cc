#include <fmt/format.h>

#include <algorithm>

#include "base/error.h"
#include "base/text.h"
#include "harness/import/readers.h"
#include "harness/import/score_number.h"
#include "scoring/metrics/metric.h"

namespace e2lm {
namespace {

// "acc,none" → acc; "exact_match,strict" stays.
std::string without_none(const std::string& key) {
  constexpr std::string_view kNone = ",none";
  return key.ends_with(kNone) ? key.substr(0, key.size() - kNone.size()) : key;
}

// "acc_stderr,none" stands beside "acc,none".
std::string error_key(const std::string& key) {
  const size_t comma = key.find(',');
  return key.substr(0, comma) + "_stderr" + key.substr(comma);
}

bool is_error_key(const std::string& key) {
  return is_stderr(std::string_view(key).substr(0, key.find(',')));
}

bool has_filters(const Json& entry) {
  if (!entry.is_object()) return false;
  for (const auto& [key, value] : entry.items()) {
    if (key.find(',') != std::string::npos) return true;
  }
  return false;
}

// Null where it is absent.
const Json* member(const Json* json, const std::string& key) {
  if (!json || !json->is_object()) return nullptr;
  const auto found = json->find(key);
  return found == json->end() || found->is_null() ? nullptr : &*found;
}

// How a task was asked: "5-shot, version 1".
std::string setting_of(const Json& file, const std::string& task) {
  const auto text = [](const Json& value) {
    return value.is_string() ? value.get<std::string>() : value.dump();
  };
  const Json* shots = member(member(&file, "n-shot"), task);
  if (!shots) shots = member(member(&file, "config"), "num_fewshot");
  const Json* version = member(member(&file, "versions"), task);
  std::string setting = shots ? text(*shots) + "-shot" : "";
  if (version) setting += (shots ? ", version " : "version ") + text(*version);
  return setting;
}

// What a file says of a task beside its values.
class TaskFacts {
 public:
  TaskFacts(const JsonNode& root, const std::string& task)
      : setting_(setting_of(root.json(), task)) {
    if (const auto counts = root.find("n-samples")) {
      if (const auto of_task = counts->find(task)) {
        if (const auto effective = of_task->find("effective")) {
          samples_ = effective->whole_number();
        }
      }
    }
    if (const auto better = root.find("higher_is_better")) {
      if (const auto of_task = better->find(task)) better_ = of_task->object();
    }
    if (const auto configs = root.find("configs")) {
      if (const auto config = configs->find(task)) read_choices(*config);
    }
  }

  void describe(ImportedScore& score) const {
    const std::string name = score.metric.substr(0, score.metric.find(','));
    score.samples = samples_;
    score.setting = setting_;
    const auto better = better_.find(name);
    if (better != better_.end() && better->is_boolean()) {
      score.higher_is_better = better->get<bool>();
    }
    const Metric* metric = find_metric(name);
    if (choices_ > 0 && metric && metric->is_accuracy) {
      score.chance = 1.0 / static_cast<double>(choices_);
    }
  }

 private:
  // The same choices for every document, as letters are.
  void read_choices(const JsonNode& config) {
    if (config.text_at("output_type") != "multiple_choice") return;
    const auto choices = config.find("doc_to_choice");
    if (choices && choices->json().is_array()) choices_ = choices->json().size();
  }

  std::string setting_;
  std::optional<int64_t> samples_;
  Json better_ = Json::object();
  size_t choices_ = 0;
};

void read_task(const JsonNode& root, const std::string& task, const JsonNode& entry,
               ImportedCheckpoint& into) {
  const TaskFacts facts(root, task);
  for (const auto& [key, value] : entry.object().items()) {
    if (key.find(',') == std::string::npos || is_error_key(key) || key.starts_with("alias,")) {
      continue;
    }
    const std::string where = fmt::format("{}.{}", entry.where(), key);
    const ScoreNumber number = score_number(value, where);
    ImportedScore score{.task = task,
                        .metric = without_none(key),
                        .value = number.value,
                        .instead = number.instead,
                        .where = where};
    if (const auto error = entry.find(error_key(key))) {
      score.standard_error = score_number(error->json(), error->where()).value;
    }
    facts.describe(score);
    into.scores.push_back(std::move(score));
  }
}

void read_date(const JsonNode& root, ImportedFile& into) {
  const auto date = root.find("date");
  if (date && date->json().is_number()) into.written = date->json().get<double>();
}

// model_args is a text, or an object in some versions.
void read_config(const JsonNode& root, ImportedOrigin& origin) {
  const auto config = root.find("config");
  if (config) {
    if (const auto args = config->find("model_args"); args && args->json().is_object()) {
      for (const auto& [key, value] : args->json().items()) {
        const std::string text = value.is_string() ? value.get<std::string>() : value.dump();
        if (!origin.model_args.empty()) origin.model_args += ',';
        origin.model_args += fmt::format("{}={}", key, text);
      }
      read_model_args(origin.model_args, origin);
    } else if (args) {
      read_model_args(args->text(), origin);
    }
    if (origin.revision.empty()) origin.revision = config->text_at("model_revision");
  }
  if (origin.model.empty()) origin.model = root.text_at("model_name");
}

}  // namespace

void read_model_args(const std::string& text, ImportedOrigin& origin) {
  origin.model_args = text;
  for (const std::string& word : split(text, ',')) {
    const size_t equals = word.find('=');
    if (equals == std::string::npos) continue;
    const std::string key(trim(word.substr(0, equals)));
    const std::string value(trim(std::string_view(word).substr(equals + 1)));
    if (key == "pretrained") origin.model = value;
    if (key == "revision") origin.revision = value;
    if (key == "subfolder") origin.subfolder = value;
  }
}

bool is_lm_eval(const Json& json) {
  if (!json.contains("results") || !json["results"].is_object()) return false;
  const Json& results = json["results"];
  const bool filters = std::any_of(results.begin(), results.end(), has_filters);
  return filters || (json.contains("configs") && json.contains("n-shot"));
}

void read_lm_eval(const JsonNode& root, ImportedFile& into) {
  ImportedCheckpoint checkpoint;
  read_config(root, checkpoint.origin);
  const JsonNode results = root.at("results");
  for (const auto& [task, entry] : results.object().items()) {
    read_task(root, task, results.at(task), checkpoint);
  }
  if (const auto groups = root.find("groups")) {
    for (const auto& [group, entry] : groups->object().items()) {
      if (results.find(group)) continue;
      read_task(root, group, groups->at(group), checkpoint);
    }
  }
  read_date(root, into);
  into.checkpoints.push_back(std::move(checkpoint));
}

bool is_old_lm_eval(const Json& json) {
  return json.contains("results") && json["results"].is_object() && !json.contains("checkpoints") &&
         (json.contains("versions") || json.contains("config"));
}

void read_old_lm_eval(const JsonNode& root, ImportedFile& into) {
  ImportedCheckpoint checkpoint;
  read_config(root, checkpoint.origin);
  const JsonNode results = root.at("results");
  for (const auto& [task, values] : results.object().items()) {
    const JsonNode entry = results.at(task);
    for (const auto& [key, value] : entry.object().items()) {
      if (is_stderr(key)) continue;
      const std::string where = fmt::format("{}.{}", entry.where(), key);
      const ScoreNumber number = score_number(value, where);
      ImportedScore score{.task = task,
                          .metric = key,
                          .value = number.value,
                          .instead = number.instead,
                          .setting = setting_of(root.json(), task),
                          .where = where};
      if (const auto error = entry.find(key + "_stderr")) {
        score.standard_error = score_number(error->json(), error->where()).value;
      }
      checkpoint.scores.push_back(std::move(score));
    }
  }
  read_date(root, into);
  into.checkpoints.push_back(std::move(checkpoint));
}

}  // namespace e2lm
