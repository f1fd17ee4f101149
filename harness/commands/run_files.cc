#include "harness/commands/run_files.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include "base/version.h"
#include "harness/commands/run_options.h"
#include "harness/lm_eval/results.h"
#include "tasks/template/template.h"

namespace e2lm {
namespace {

// In a folder named after the model, or, where --output_path is a .json, beside that.
Path results_file(const Arguments& arguments, const std::string& model, const RunStart& started) {
  const std::string time = file_time(started);
  const Path output = arguments.require("output_path");
  if (output.extension() == ".json") {
    return output.parent_path() / fmt::format("{}_{}.json", output.stem().string(), time);
  }
  return output / file_name(model) / fmt::format("results_{}.json", time);
}

double seconds(std::chrono::system_clock::time_point time) {
  return std::chrono::duration<double>(time.time_since_epoch()).count();
}

}  // namespace

void add_circumstances(const Arguments& arguments, const RunOptions& options,
                       const RunStart& started, const RunOutcome& outcome, Json& results) {
  Json requests_cut = Json::object();
  for (const TaskOutcome& task : outcome.tasks) requests_cut[task.task->name] = task.cut;
  const double took =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - started.steady).count();
  const std::string model = options.model.string();
  std::string device = arguments.require("device");
  if (device == "auto") device = device_name(options.engine.device);
  results["config"] = {{"model", arguments.require("model")},
                       {"model_args", model_args(arguments)},
                       {"model_dtype", outcome.dtype},
                       {"batch_size", arguments.text("batch_size").value_or("auto")},
                       {"batch_sizes", Json::array()},
                       {"device", device},
                       {"use_cache", nullptr},
                       {"limit", options.requests.limit ? Json(*options.requests.limit) : Json()},
                       {"bootstrap_iters", options.bootstrap.draws},
                       {"gen_kwargs", nullptr},
                       {"fewshot_seed", options.requests.fewshot_seed},
                       {"token_rules", options.tokens.json()}};
  if (const auto metadata = arguments.text("metadata")) {
    results["config"]["metadata"] = parse_json(*metadata, "--metadata");
  }
  results["date"] = seconds(started.date);
  results["e2lm_version"] = kVersion;
  results["max_length"] = outcome.max_positions;
  results["model_source"] = "e2lm";
  results["model_name"] = model;
  results["model_name_sanitized"] = file_name(model);
  results["system_instruction"] = options.requests.system_instruction.empty()
                                      ? Json()
                                      : Json(options.requests.system_instruction);
  results["chat_template"] = nullptr;
  results["requests_cut"] = requests_cut;
  results["start_time"] = seconds(started.date);
  results["end_time"] = seconds(started.date) + took;
  results["total_evaluation_time_seconds"] = fmt::format("{}", took);
}

void check_run_files(const Arguments& arguments, const RunOptions& options,
                     const RunStart& started) {
  check_can_write(results_file(arguments, options.model.string(), started));
}

std::string file_name(const std::string& name) {
  std::string safe;
  for (const char c : name) {
    const bool odd = std::string_view("\"<>:/|\\?*[]").find(c) != std::string_view::npos;
    if (!odd) safe += c;
    if (odd && !safe.ends_with("__")) safe += "__";
  }
  return safe;
}

std::string file_time(const RunStart& started) {
  const auto since = started.date.time_since_epoch();
  return fmt::format(
      "{:%Y-%m-%dT%H-%M-%S}.{:06}", fmt::gmtime(started.date),
      std::chrono::duration_cast<std::chrono::microseconds>(since).count() % 1000000);
}

void write_results(const Path& file, std::span<const TaskOutcome> sampled, Json results,
                   const RunStart& started) {
  results["task_hashes"] = Json::object();
  for (const TaskOutcome& task : sampled) {
    results["task_hashes"][task.task->name] = lm_eval::task_hash(lm_eval::sample_lines(task));
  }
  // Before the samples, which may fill the disk. These are made twice: all at once they would take
  // much more memory than those of one task.
  write_file(file, python_json(results, 2));
  for (const TaskOutcome& task : sampled) {
    std::string lines;
    for (const Json& sample : lm_eval::sample_lines(task)) lines += python_json(sample) + "\n";
    write_file(file.parent_path() /
                   fmt::format("samples_{}_{}.jsonl", task.task->name, file_time(started)),
               lines);
  }
}

void write_run_files(const Arguments& arguments, const RunOutcome& outcome, Json results,
                     const RunStart& started) {
  const Path file = results_file(arguments, results["model_name"].get<std::string>(), started);
  std::span<const TaskOutcome> sampled;
  if (arguments.flag("log_samples")) sampled = outcome.tasks;
  write_results(file, sampled, std::move(results), started);
  std::fputs(fmt::format("Results: {}\n", file.string()).c_str(), stderr);
}

}  // namespace e2lm
