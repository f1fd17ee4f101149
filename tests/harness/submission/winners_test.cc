// The competition's winning entries, as lm-evaluation-harness ships them, where it is installed;
// and entries of their shape with rows of our own, anywhere.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <cstdio>
#include <cstdlib>

#include "harness/submission/check.h"
#include "scoring/metrics/metric.h"
#include "scoring/metrics/statistic.h"
#include "tests/support/scratch.h"
#include "tests/support/submission_files.h"

namespace e2lm::submission {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

// Where lm_eval keeps them; empty if it is not installed for E2LM_LM_EVAL_PYTHON, else python3.
Path winners_folder() {
  const char* python = std::getenv("E2LM_LM_EVAL_PYTHON");
  const std::string command =
      std::string(python ? python : "python3") +
      " -c \"import importlib.util as u; print(u.find_spec('lm_eval').submodule_search_locations"
      "[0])\" 2>/dev/null";
  std::array<char, 4096> line{};
  FILE* pipe = ::popen(command.c_str(), "r");
  const bool read = pipe && std::fgets(line.data(), line.size(), pipe);
  if (pipe) ::pclose(pipe);
  std::string folder = read ? line.data() : "";
  while (folder.ends_with('\n')) folder.pop_back();
  const Path winners = Path(folder) / "tasks/e2lmc";
  return !folder.empty() && std::filesystem::is_directory(winners) ? winners : Path();
}

// A patch that adds a whole folder of task files.
std::string patch_of(const Path& folder, const std::string& into) {
  std::string patch;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    const std::string name = entry.path().lexically_relative(folder).string();
    if (!entry.is_regular_file() || name.find("__pycache__") != std::string::npos) continue;
    patch += added_file(into + "/" + name, read_file(entry.path()));
  }
  return patch;
}

// Their data are not here: whatever else is looked at is fine.
TEST(WinnersTest, TheirTasksLoad) {
  const Path winners = winners_folder();
  if (winners.empty()) {
    GTEST_SKIP() << "lm_eval is not installed for python3; E2LM_LM_EVAL_PYTHON names another one";
  }
  const std::vector<std::array<std::string, 4>> entries = {
      {"noor", "acc", "acc", "cais/mmlu"},
      {"sciknoweval_mcqa", "acc", "acc", "ShAIkespear/SciKnowEval_mcqa"},
      {"mmlu_early_training", "likelihood", "margin_mean", "giovanivaldrighi/mmlu"}};
  const Scratch scratch;
  for (const auto& [name, metric, native, data] : entries) {
    const Path zip = write_archive(
        scratch / (name + ".zip"),
        {{"evaluation.patch", patch_of(winners / name, "lm_eval/tasks/" + name)},
         {"metadata.yaml", "task_name: " + name + "\ntask_metric: " + metric + ",none\n"}});
    const Verdict verdict = check_submission(zip, scratch / ("work-" + name), {}).verdict;
    EXPECT_THAT(verdict.faults, IsEmpty()) << name << ": " << verdict.faults[0].text;
    ASSERT_FALSE(verdict.open.empty()) << name;
    EXPECT_EQ(verdict.open[0].code, "data");
    EXPECT_THAT(verdict.open[0].text, HasSubstr("huggingface.co/datasets/")) << data;
    EXPECT_EQ(verdict.native_metric, native);
  }
}

// The winner's Python (tasks/e2lmc/mmlu_early_training/custom_metrics.py of lm-evaluation-harness
// 0.4.13) gave the expected value for these documents; the native metric is its equal.
TEST(WinnersTest, TheNativeMarginIsTheirMetric) {
  const std::vector<std::pair<int32_t, std::vector<double>>> documents = {
      {0, {-1.25, -3.5, -2.75, -9.125}},
      {2, {-0.1, -0.2, -0.3}},
      {1, {-7.5, -7.25}},
      {3, {-20.0, -18.5, -19.25, -30.75, -2.5}}};
  std::vector<Item> items;
  for (const auto& [gold, nats] : documents) {
    Item& item = items.emplace_back();
    item.gold = {gold};
    for (const double value : nats) item.choices.push_back({.logprob_nats = value, .tokens = 1});
  }
  const Score score = score_items(*find_metric("margin_mean"), items);
  EXPECT_NEAR(score.value, -2.928125, 1e-12);
}

}  // namespace
}  // namespace e2lm::submission
