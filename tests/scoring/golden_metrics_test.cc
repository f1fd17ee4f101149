// Per-document values, aggregates, standard errors and groups against lm-evaluation-harness 0.4.13.

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>

#include "base/file.h"
#include "scoring/metrics/group.h"
#include "scoring/metrics/metric.h"
#include "tests/scoring/golden_run.h"
#include "tests/support/places.h"

namespace e2lm {
namespace {

const Path kOurs = source_dir() / "tests/golden/prompts";
const Path kBeside = source_dir() / "../shared/golden/prompts";

constexpr const char* kSkipped = "the golden runs are not beside this checkout";

struct Compared {
  int64_t runs = 0;
  int64_t values = 0;      // of documents
  int64_t aggregates = 0;  // of tasks, with their standard errors
  int64_t groups = 0;      // values of groups
};

// Sums may be taken in another order; a standard error over draws adds a thousand such sums up.
void expect_close(const Json& expected, double value, bool bootstrapped, const std::string& what) {
  ASSERT_TRUE(expected.is_number()) << what << ": " << expected << " against " << value;
  const double number = expected.get<double>();
  EXPECT_NEAR(value, number, (bootstrapped ? 1e-9 : 1e-12) * std::abs(number)) << what;
}

Json json_of(const MetricValue& value) {
  struct Writer {
    Json operator()(double number) const { return number; }
    Json operator()(const OverSize& over) const { return {over.nats, over.size}; }
    Json operator()(const GoldAndPrediction& pair) const { return {pair.gold, pair.prediction}; }
    Json operator()(const GoldAndProbabilities& both) const {
      return {both.gold, both.probabilities};
    }
    Json operator()(const GoldAndLogprobs& both) const { return {both.gold, both.nats}; }
  };
  return std::visit(Writer(), value);
}

void expect_same(const Json& expected, const Json& value, const std::string& what) {
  if (!expected.is_array()) return expect_close(expected, value.get<double>(), false, what);
  ASSERT_EQ(expected.size(), value.size()) << what;
  for (size_t i = 0; i < expected.size(); ++i) expect_same(expected[i], value[i], what);
}

void expect_score(const Json& results, const NamedScore& entry, bool bootstrapped,
                  const std::string& what) {
  const std::string key = entry.metric + "," + entry.filter;
  const std::string error_key = entry.metric + "_stderr," + entry.filter;
  ASSERT_TRUE(results.contains(key)) << what;
  expect_close(results[key], entry.score.value, entry.metric.ends_with("perplexity"), what);
  if (entry.score.standard_error) {
    expect_close(results[error_key], *entry.score.standard_error, bootstrapped, what + " stderr");
  } else {
    EXPECT_EQ(results[error_key], "N/A") << what;
  }
}

TaskScores compare_task(const GoldenRun& run, const GoldenTask& task, Compared& compared) {
  TaskScores scores{.task = task.name, .items = std::ssize(task.items)};
  EXPECT_FALSE(task.items.empty()) << run.name;
  for (const auto& [name, unused] : task.metrics.at(0).items()) {
    const std::string what = run.name + " " + task.name + " " + name;
    const Metric& metric = *find_metric(name);
    EXPECT_EQ(objection_to(name, task.items[0].type), "") << what;
    const std::vector<MetricValue> values = item_values(metric, task.items);
    for (size_t i = 0; i < values.size(); ++i) {
      expect_same(task.metrics[i].at(name), json_of(values[i]), what);
      ++compared.values;
    }
    const Aggregation& aggregation = *find_aggregation(metric.aggregation);
    scores.scores.push_back(
        {name, task.filter, aggregate(aggregation, values, {.draws = run.draws})});
    expect_score(run.results[task.name], scores.scores.back(),
                 aggregation.error == Aggregation::ErrorRule::bootstrap, what);
    ++compared.aggregates;
  }
  EXPECT_EQ(run.results[task.name]["sample_len"], scores.items) << run.name;
  size_t keys = 0;  // "acc,none" and "acc_stderr,none"
  for (const auto& [key, unused] : run.results[task.name].items()) {
    keys += key.find(',') == std::string::npos ? 0 : 1;
  }
  EXPECT_EQ(keys, 2 * scores.scores.size()) << run.name;
  return scores;
}

void compare_group(const GoldenRun& run, const GoldenGroup& group,
                   const std::vector<TaskScores>& tasks, Compared& compared) {
  std::vector<TaskScores> leaves;
  for (const std::string& name : group.leaves) {
    leaves.push_back(*std::find_if(tasks.begin(), tasks.end(),
                                   [&](const TaskScores& task) { return task.task == name; }));
  }
  const Json& expected = run.results[group.name];
  const std::vector<NamedScore> scores = score_group(group.rules, leaves);
  EXPECT_EQ(scores.size(), expected["sample_count"].size()) << run.name;
  for (const NamedScore& entry : scores) {
    const std::string what = run.name + " " + group.name + " " + entry.metric;
    expect_score(expected, entry, false, what);
    EXPECT_EQ(expected["sample_count"][entry.metric + "," + entry.filter], entry.score.items)
        << what;
    ++compared.groups;
  }
}

Compared compare_all(const Path& folder) {
  Compared compared;
  for (const std::string& name : golden_runs(folder)) {
    const GoldenRun run = read_golden_run(folder, name);
    std::vector<TaskScores> tasks;
    for (const GoldenTask& task : run.tasks) tasks.push_back(compare_task(run, task, compared));
    for (const GoldenGroup& group : run.groups) compare_group(run, group, tasks, compared);
    ++compared.runs;
  }
  std::printf("%ld runs: %ld values of documents, %ld of tasks, %ld of groups\n", compared.runs,
              compared.values, compared.aggregates, compared.groups);
  return compared;
}

void expect_all(const Path& folder, const Compared& expected) {
  const Compared compared = compare_all(folder);
  EXPECT_EQ(compared.runs, expected.runs);
  EXPECT_EQ(compared.values, expected.values);
  EXPECT_EQ(compared.aggregates, expected.aggregates);
  EXPECT_EQ(compared.groups, expected.groups);
}

TEST(GoldenMetricsTest, EveryRunOfTheSuite) {
  expect_all(kOurs, {.runs = 164, .values = 3450, .aggregates = 400, .groups = 20});
}

TEST(GoldenMetricsTest, EveryRunOfTheHarnesssOwnTasks) {
  if (!std::filesystem::exists(kBeside)) GTEST_SKIP() << kSkipped;
  expect_all(kBeside / "lm_eval", {.runs = 99, .values = 868, .aggregates = 143});
}

}  // namespace
}  // namespace e2lm
