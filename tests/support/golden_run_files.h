#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/file.h"
#include "base/json.h"
#include "tasks/requests.h"

// The runs of tests/golden/prompts: see the README one folder above it.

namespace e2lm {

// Data files are named relative to the suite's folder.
class InFolder {
 public:
  explicit InFolder(const Path& folder) : before_(std::filesystem::current_path()) {
    std::filesystem::current_path(folder);
  }
  ~InFolder() { std::filesystem::current_path(before_); }
  InFolder(const InFolder&) = delete;
  InFolder& operator=(const InFolder&) = delete;

 private:
  Path before_;
};

inline std::vector<Path> golden_results(const Path& folder) {
  std::vector<Path> runs;
  for (const Path& path : list_folder(folder / "expected")) {
    if (path.string().ends_with(".results.json")) runs.push_back(path);
  }
  return runs;
}

// The options of a run for one of its tasks.
inline RequestOptions golden_options(const Json& args, const std::string& task) {
  RequestOptions options{.as_original = true};
  if (args.value("num_fewshot", Json()).is_number()) options.num_fewshot = args["num_fewshot"];
  if (args.value("limit", Json()).is_number()) options.limit = args["limit"].get<double>();
  if (args.contains("seed")) options.fewshot_seed = args["seed"];
  options.system_instruction = args.value("system", "");
  const Json samples = args.value("samples", Json::object()).value(task, Json::array());
  for (const Json& sample : samples) options.samples.push_back(sample);
  return options;
}

}  // namespace e2lm
