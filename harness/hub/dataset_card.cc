#include "harness/hub/dataset_card.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.h"
#include "base/text.h"
#include "base/yaml.h"

namespace e2lm {
namespace {

constexpr const char* kForms = "a pattern, a list of them, or a list of {split: NAME, path: ..}";

[[noreturn]] void refuse_files(const Json& value, const std::string& where) {
  throw Error(where, fmt::format("'data_files' cannot be {}", value.dump().substr(0, 100)), kForms);
}

std::string scalar_text(const Json& value) {
  return value.is_string() ? value.get<std::string>() : value.is_structured() ? "" : value.dump();
}

std::vector<std::string> patterns_of(const Json& value, const std::string& where) {
  std::vector<std::string> patterns;
  for (const Json& item : value.is_array() ? value : Json::array({value})) {
    if (!item.is_string()) refuse_files(item, where);
    patterns.push_back(item.get<std::string>());
  }
  return patterns;
}

SplitPatterns read_entry(const Json& entry, const std::string& where) {
  if (!entry.is_object() || !entry.contains("split") || !entry.contains("path")) {
    refuse_files(entry, where);
  }
  SplitPatterns split{scalar_text(entry["split"]), patterns_of(entry["path"], where)};
  if (split.split.empty()) refuse_files(entry, where);
  return split;
}

// The lines between the first `---`, which has nothing before it, and the next one.
std::string header_of(const std::string& readme) {
  std::string header;
  bool inside = false;
  for (std::string& line : split(readme, '\n')) {
    if (line.ends_with('\r')) line.pop_back();
    if (inside && line.starts_with("---")) return header;
    if (inside) header += line;
    if (!inside && trim(line).empty()) {
      header += '\n';  // so that lines have the numbers they have in the file
      continue;
    }
    if (!inside && trim(line) != "---") return "";
    inside = true;
    header += '\n';
  }
  return "";  // a rule, not a header: it does not end
}

DatasetConfig read_config(const Json& entry, const std::string& where) {
  if (!entry.is_object() || !entry.contains("config_name")) {
    throw Error(where, "lists a configuration without 'config_name'");
  }
  DatasetConfig config{.name = scalar_text(entry["config_name"])};
  for (const auto& [key, value] : entry.items()) {
    if (key == "config_name") continue;
    if (key == "data_files" && !value.is_null()) {
      config.data_files = read_data_files(value, where);
    } else if (key == "data_dir" && !value.is_null()) {
      config.data_dir = scalar_text(value);
    } else if (key == "default") {
      config.is_default = value == true;
    } else if (key != "data_files" && key != "data_dir") {
      config.reading[key] = value;
    }
  }
  return config;
}

}  // namespace

std::vector<SplitPatterns> read_data_files(const Json& data_files, const std::string& where) {
  std::vector<SplitPatterns> splits;
  if (data_files.is_object()) {
    for (const auto& [split, value] : data_files.items()) {
      splits.push_back({split, patterns_of(value, where)});
    }
    return splits;
  }
  const bool entries =
      data_files.is_array() && std::any_of(data_files.begin(), data_files.end(),
                                           [](const Json& item) { return item.is_object(); });
  if (!entries) return {{"train", patterns_of(data_files, where)}};
  for (const Json& entry : data_files) {
    SplitPatterns split = read_entry(entry, where);
    const bool twice = std::any_of(splits.begin(), splits.end(), [&](const SplitPatterns& other) {
      return other.split == split.split;
    });
    if (twice) throw Error(where, fmt::format("lists the split '{}' twice", split.split));
    splits.push_back(std::move(split));
  }
  return splits;
}

std::vector<DatasetConfig> read_yaml_configs(const std::string& yaml, const std::string& where) {
  if (trim(yaml).empty()) return {};
  const Yaml header = parse_yaml(yaml, where, DuplicateKeys::last_wins);
  const Yaml* listed = header.kind == Yaml::Kind::map ? header.find("configs") : nullptr;
  if (!listed || listed->kind == Yaml::Kind::null) return {};
  if (listed->kind != Yaml::Kind::list) throw Error(listed->where(), "'configs' must be a list");
  std::vector<DatasetConfig> configs;
  for (const Yaml& entry : listed->items) {
    configs.push_back(read_config(entry.json(), entry.where()));
  }
  return configs;
}

std::vector<DatasetConfig> read_configs(const std::string& readme, const std::string& where) {
  return read_yaml_configs(header_of(readme), where);
}

const DatasetConfig& choose_config(const std::vector<DatasetConfig>& configs,
                                   const std::string& name, const std::string& where) {
  std::vector<std::string> names;
  const DatasetConfig* chosen = nullptr;
  for (const DatasetConfig& config : configs) {
    names.push_back(config.name);
    const bool meant = name.empty()
                           ? configs.size() == 1 || config.is_default || config.name == "default"
                           : config.name == name;
    if (!meant) continue;
    if (chosen && name.empty()) {
      throw Error(where, fmt::format("has two defaults among its configurations: '{}' and '{}'",
                                     chosen->name, config.name));
    }
    chosen = &config;
  }
  if (chosen) return *chosen;
  throw Error(where,
              name.empty() ? "has several configurations and the task names none"
                           : fmt::format("has no configuration '{}'", name),
              fmt::format("dataset_name: {}", fmt::join(names, ", ")));
}

}  // namespace e2lm
