#include <fmt/format.h>

#include <cmath>
#include <filesystem>

#include "base/error.h"
#include "base/terminal.h"
#include "base/text.h"
#include "harness/commands/all.h"
#include "harness/commands/shared.h"
#include "harness/lm_eval/sample_reader.h"
#include "reports/table.h"
#include "scoring/metrics/group.h"
#include "scoring/metrics/metric.h"
#include "scoring/metrics/statistic.h"

namespace e2lm {
namespace {

using lm_eval::SampleFile;

// A metric of a file's samples, computed again.
struct Rescored {
  const Metric* metric = nullptr;
  Score score;
  lm_eval::Recorded recorded;
};

struct FileScores {
  std::string task;
  std::vector<Rescored> metrics;
  std::vector<std::string> omitted;  // metrics that the file cannot give, with the reason
};

std::string task_of(const SampleFile& file) {
  return file.task.empty() ? file.path.stem().string() : file.task;
}

// The metrics asked for; if none, all that fit the samples and have one value for a task.
std::vector<const Metric*> metrics_for(const Arguments& arguments, OutputType type) {
  std::vector<const Metric*> chosen;
  if (const auto names = arguments.text("metrics")) {
    for (const std::string& name : split(*names, ',')) {
      const std::string objection = objection_to(name, type);
      if (!objection.empty()) throw Error("--metrics", objection);
      chosen.push_back(find_metric(name));
    }
    return chosen;
  }
  for (const Metric& metric : metrics()) {
    if (metric.fits(type) && !metric.aggregation.empty()) chosen.push_back(&metric);
  }
  return chosen;
}

Rescored rescore(const Metric& metric, const SampleFile& file, const std::vector<Item>& items,
                 const Bootstrap& bootstrap) {
  if (!file.lengths && lm_eval::needs_lengths(metric)) {
    throw Error(std::string(metric.name), "the lengths of the choices are missing");
  }
  return {.metric = &metric,
          .score = score_items(metric, items, bootstrap),
          .recorded = lm_eval::compare_recorded(file, metric, items)};
}

FileScores rescore_file(const Arguments& arguments, const SampleFile& file) {
  FileScores scores{.task = task_of(file)};
  const std::vector<Item> items = file.items();
  const Bootstrap bootstrap{.draws = arguments.integer("bootstrap_iters").value_or(0)};
  for (const Metric* metric : metrics_for(arguments, items.front().type)) {
    try {  // one metric that the file cannot give is no reason to lose the others
      scores.metrics.push_back(rescore(*metric, file, items, bootstrap));
    } catch (const Error& error) {
      if (arguments.text("metrics")) throw;
      scores.omitted.push_back(fmt::format("{}: {}", metric->name, error.what()));
    }
  }
  return scores;
}

// All tasks together, weighted by their documents, where each has the metric.
FileScores join_files(const std::vector<FileScores>& files) {
  FileScores all{.task = "all of these, by documents"};
  for (const Rescored& first : files.front().metrics) {
    std::vector<Score> members;
    for (const FileScores& file : files) {
      for (const Rescored& one : file.metrics) {
        if (one.metric == first.metric) members.push_back(one.score);
      }
    }
    if (members.size() != files.size()) continue;
    all.metrics.push_back({.metric = first.metric, .score = combine(members, true)});
  }
  return all;
}

std::string decimals(double value) {
  return std::isnan(value) ? "nan" : fmt::format("{:.4f}", value);  // whatever its sign
}

Table table_of(const std::vector<FileScores>& files) {
  Table table{.header = {"Task", "Metric", "Documents", "Value", "Stderr", "As recorded"},
              .left = 2};
  for (const FileScores& file : files) {
    for (const Rescored& one : file.metrics) {
      const auto& error = one.score.standard_error;
      const auto [compared, differ] = one.recorded;
      table.rows.push_back(
          {file.task, std::string(one.metric->name), with_commas(one.score.items),
           decimals(one.score.value), error ? decimals(*error) : "–",
           compared == 0 ? "–" : fmt::format("{} of {}", compared - differ, compared)});
    }
  }
  return table;
}

Json json_of(const std::vector<FileScores>& files) {
  Json json = Json::array();
  for (const FileScores& file : files) {
    for (const Rescored& one : file.metrics) {
      const auto& error = one.score.standard_error;
      json.push_back(
          {{"task", file.task},
           {"metric", one.metric->name},
           {"documents", one.score.items},
           {"value", one.score.value},
           {"standard_error", error ? Json(*error) : Json()},
           {"recorded", {{"compared", one.recorded.compared}, {"differ", one.recorded.differ}}}});
    }
  }
  return {{"scores", std::move(json)}};
}

std::vector<Path> sample_files(const std::vector<std::string>& paths) {
  std::vector<Path> files;
  for (const Path path : paths) {
    const std::vector<Path> more = lm_eval::list_samples_files(path);
    files.insert(files.end(), more.begin(), more.end());
  }
  return files;
}

int run(const Arguments& arguments) {
  const std::string format = arguments.require("format");
  if (format != "text" && format != "json" && format != "markdown") {
    throw Error("--format", "'" + format + "' is unknown", "text, markdown or json");
  }
  std::vector<FileScores> files;
  for (const Path& path : sample_files(arguments.positional())) {
    const SampleFile file = lm_eval::read_samples(path, arguments.text("filter").value_or(""));
    files.push_back(rescore_file(arguments, file));
    for (const std::string& reason : files.back().omitted) {
      tell(fmt::format("{}: without {}\n", files.back().task, reason));
    }
  }
  if (files.size() > 1) files.push_back(join_files(files));
  if (format == "json") {
    print(json_text(json_of(files)));
  } else {
    const Table table = table_of(files);
    print(format == "text" ? as_text(table) : as_markdown(table));
  }
  return 0;
}

}  // namespace

Command rescore_command() {
  return {.name = "rescore",
          .arguments = "SAMPLES...",
          .summary = "Compute every metric again from stored samples, without a model.",
          .details =
              "SAMPLES are files samples_TASK_TIME.jsonl, or folders that hold them at any depth,\n"
              "written by e2lm run or lm-evaluation-harness. The last column counts the documents "
              "of which the file\n"
              "records the same value. What a file does not say is left out, with the reason.",
          .options = {{"metrics", "A,B", "", "these only; default: all that the samples can give"},
                      {"filter", "NAME", "", "of several in a file; default: the first"},
                      {"bootstrap_iters", "N", "1000",
                       "draws of standard errors without a formula; 0: none at all"},
                      {"format", "NAME", "text", "text, markdown or json"}},
          .min_positional = 1,
          .max_positional = 10000,
          .run = run};
}

}  // namespace e2lm
