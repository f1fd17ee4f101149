#include "tasks/group.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "tasks/template/template.h"

namespace e2lm {
namespace {

constexpr std::array<std::string_view, 5> kGroupKeys = {"group", "group_alias", "task",
                                                        "aggregate_metric_list", "metadata"};

std::vector<std::string> names_in(const Yaml& node) {
  if (node.kind == Yaml::Kind::scalar) return {node.text};
  std::vector<std::string> names;
  for (const Yaml& item : node.items) names.push_back(item.text);
  return names;
}

Group::Aggregate read_aggregate(const Yaml& node, Problems& problems) {
  YamlMap keys(node, "aggregate_metric_list", problems);
  Group::Aggregate aggregate;
  if (const Yaml* metric = keys.require("metric")) aggregate.metric = metric->text;
  if (const Yaml* filters = keys.find("filter_list")) aggregate.filters = names_in(*filters);
  if (const Yaml* weight = keys.find("weight_by_size")) {
    const Json value = weight->json();
    if (!value.is_boolean()) problems.add(*weight, "'weight_by_size' must be true or false");
    aggregate.weight_by_size = value != false;
  }
  const std::string aggregation = keys.text("aggregation").value_or("mean");
  if (aggregation != "mean") {
    problems.add(*keys.find("aggregation"),
                 fmt::format("the aggregation '{}' of a group is unknown; 'mean' is", aggregation));
  }
  keys.finish();
  return aggregate;
}

}  // namespace

Group Group::read(const std::string& name, const Yaml& keys, Problems& problems) {
  Group group{.name = name, .alias = name, .version = "N/A"};
  if (const Yaml* alias = keys.find("group_alias")) {
    if (alias->kind == Yaml::Kind::scalar) group.alias = alias->text;
  }
  if (const Yaml* metadata = keys.find("metadata")) {
    const Json value = metadata->json();
    if (value.is_object() && value.contains("version")) {
      group.version = python_str(value["version"]);
    }
  }
  if (const Yaml* list = keys.find("aggregate_metric_list")) {
    if (list->kind == Yaml::Kind::map) group.aggregates = {read_aggregate(*list, problems)};
    for (const Yaml& item : list->items) {
      group.aggregates.push_back(read_aggregate(item, problems));
    }
  }
  return group;
}

Yaml member_overrides(const Yaml& group) {
  Yaml overrides = group;
  std::erase_if(overrides.entries, [](const YamlEntry& entry) {
    return std::find(kGroupKeys.begin(), kGroupKeys.end(), entry.key.text) != kGroupKeys.end();
  });
  return overrides;
}

}  // namespace e2lm
