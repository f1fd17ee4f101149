#include <fmt/format.h>

#include "base/error.h"
#include "engine/engine.h"
#include "engine/model.h"
#include "harness/commands/all.h"
#include "harness/commands/shared.h"
#include "reports/table.h"
#include "scoring/metrics/metric.h"

namespace e2lm {
namespace {

Table list_tasks(const Arguments& arguments) {
  Table table{.header = {"task", "tags", "file"}, .left = 3};
  const TaskLibrary library = open_library(arguments);
  for (const auto& [name, entry] : library.entries()) {
    table.rows.push_back({name, fmt::format("{}", fmt::join(entry.tags, ", ")),
                          std::filesystem::proximate(entry.path).string()});
  }
  return table;
}

Table list_families() {
  Table table{.header = {"model_type"}};
  for (const Family& family : families()) table.rows.push_back({std::string(family.model_type)});
  return table;
}

Table list_metrics() {
  Table table{.header = {"metric", "of tasks", "aggregation", "better", "what it is"}, .left = 5};
  for (const Metric& metric : metrics()) {
    std::vector<std::string_view> types;
    for (const OutputType type : metric.types) types.push_back(output_type_name(type));
    table.rows.push_back({std::string(metric.name), fmt::format("{}", fmt::join(types, ", ")),
                          metric.aggregation.empty() ? "none" : std::string(metric.aggregation),
                          metric.higher_is_better ? "higher" : "lower", std::string(metric.what)});
  }
  return table;
}

Table device_table() {
  Table table{.header = {"device", "fast dtypes", "what"}, .rows = {}, .left = 3};
  for (const DeviceSummary& device : list_devices()) {
    table.rows.push_back({device.name, device.there ? device.dtypes : "-", device.what});
  }
  return table;
}

int run(const Arguments& arguments) {
  const std::string& what = arguments.positional().front();
  if (what == "tasks") {
    print(as_text(list_tasks(arguments)));
  } else if (what == "families") {
    print(as_text(list_families()));
  } else if (what == "metrics") {
    print(as_text(list_metrics()));
  } else if (what == "devices") {
    print(as_text(device_table()));
  } else {
    throw Error("e2lm ls", fmt::format("'{}' is no list", what),
                "tasks, families, metrics or devices");
  }
  return 0;
}

}  // namespace

Command ls_command() {
  return {.name = "ls",
          .arguments = "tasks|families|metrics|devices",
          .summary = "List what there is.",
          .options = {{"include_path", "DIR", "", "look for task files here too"}},
          .min_positional = 1,
          .max_positional = 1,
          .run = run};
}

}  // namespace e2lm
