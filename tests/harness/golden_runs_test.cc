// Whole runs, task file to result, against lm-evaluation-harness: every value, standard error and
// group, with the fake model that answered it.

#include <gtest/gtest.h>

#include "base/error.h"
#include "harness/task_scores.h"
#include "tests/support/fake_model.h"
#include "tests/support/golden_run_files.h"

namespace e2lm {
namespace {

const Path kFrozen = E2LM_SOURCE_DIR "/tests/golden/frozen";
const Path kSuite = E2LM_SOURCE_DIR "/tests/golden/prompts";

void expect_scores(const std::vector<NamedScore>& scores, const Json& expected,
                   const std::string& what) {
  for (const NamedScore& entry : scores) {
    const std::string key = entry.metric + "," + entry.filter;
    const std::string error_key = entry.metric + "_stderr," + entry.filter;
    ASSERT_TRUE(expected.contains(key)) << what << ": " << key;
    const auto value = expected[key].get<double>();
    EXPECT_NEAR(entry.score.value, value, 1e-9 * std::abs(value)) << what << ": " << key;
    ASSERT_EQ(entry.score.standard_error.has_value(), expected[error_key].is_number())
        << what << ": " << error_key;
    if (!entry.score.standard_error) continue;
    const auto error = expected[error_key].get<double>();
    EXPECT_NEAR(*entry.score.standard_error, error, 1e-9 * error) << what << ": " << error_key;
  }
  size_t keys = 0;
  for (const auto& [key, value] : expected.items()) {
    keys += key.find(',') != std::string::npos && key.find("_stderr,") == std::string::npos;
  }
  EXPECT_EQ(scores.size(), keys) << what;
}

// A task's scores with the fake model, against the results of a run.
TaskScores expect_task(const Task& task, const Json& run, const std::string& what) {
  const TaskRequests requests = make_requests(task, golden_options(run["args"], task.name));
  std::vector<RequestScore> scores;
  for (const Request& request : requests.requests) scores.push_back(fake_score(request));
  TaskScores made =
      score_task(task, requests, scores, {.draws = run["args"].value("boot", int64_t{0})});
  const Json& expected = run["results"][task.name];
  EXPECT_EQ(expected["sample_len"], made.items) << what;
  EXPECT_EQ(expected["alias"], task.alias) << what;
  EXPECT_EQ(run["n-shot"][task.name], requests.shots) << what;
  EXPECT_EQ(run["n-samples"][task.name]["original"], requests.all_documents) << what;
  expect_scores(made.scores, expected, what + " " + task.name);
  return made;
}

TEST(GoldenRuns, EveryValueOfFrozenTasks) {
  int runs = 0;
  for (const Path& results : golden_results(kFrozen)) {
    const Json run = parse_json(read_file(results), results.string());
    const std::string what = results.stem().stem();
    const std::string name = run["args"]["tasks"][0];
    const Task task = Task::read(kFrozen / what / (name + ".yaml"));
    EXPECT_EQ(run["versions"][name].is_string() ? run["versions"][name].get<std::string>()
                                                : run["versions"][name].dump(),
              task.version);
    expect_task(task, run, what);
    ++runs;
  }
  EXPECT_EQ(runs, 11);
}

TEST(GoldenRuns, EveryValueOfTheSuite) {
  const InFolder here(kSuite);
  const TaskLibrary library({kSuite / "tasks"});
  int runs = 0;
  for (const Path& results : golden_results(kSuite)) {
    const Json run = parse_json(read_file(results), results.string());
    if (run.contains("error")) continue;
    ++runs;
    const std::string what = results.stem().stem();
    const TaskSelection selection =
        library.select(run["args"]["tasks"].get<std::vector<std::string>>());
    std::vector<TaskScores> tasks;
    for (const Task& task : selection.tasks) {
      tasks.push_back(expect_task(task, run, what));
    }
    for (const Group& group : selection.groups) {
      const std::vector<NamedScore> scores = score_group(group, selection, tasks);
      if (!scores.empty())
        expect_scores(scores, run["results"][group.name], what + " " + group.name);
    }
  }
  EXPECT_EQ(runs, 164);
}

}  // namespace
}  // namespace e2lm
