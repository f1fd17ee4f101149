// Whole runs, task file to result files, against lm-evaluation-harness: every value, standard
// error, group and hash, with the fake model that answered it.

#include <gtest/gtest.h>

#include "harness/lm_eval/results.h"
#include "harness/run.h"
#include "tests/support/fake_model.h"
#include "tests/support/golden_run_files.h"
#include "tests/support/places.h"

namespace e2lm {
namespace {

const Path kFrozen = source_dir() / "tests/golden/frozen";
const Path kSuite = source_dir() / "tests/golden/prompts";

// Equal up to rounding: sums may be taken in another order. Keys may stand in any order.
void expect_same(const Json& value, const Json& expected, const std::string& what) {
  if (expected.is_number() && value.is_number()) {
    const auto number = expected.get<double>();
    EXPECT_NEAR(value.get<double>(), number, 1e-9 * std::abs(number)) << what;
  } else if (expected.is_object() && value.is_object()) {
    EXPECT_EQ(value.size(), expected.size()) << what << ": " << value.dump();
    for (const auto& [key, item] : expected.items()) {
      ASSERT_TRUE(value.contains(key)) << what << ": " << key;
      expect_same(value[key], item, what + " " + key);
    }
  } else if (expected.is_array() && value.is_array()) {
    ASSERT_EQ(value.size(), expected.size()) << what;
    for (size_t i = 0; i < expected.size(); ++i) expect_same(value[i], expected[i], what);
  } else {
    EXPECT_EQ(value, expected) << what;
  }
}

RunOptions options_of(const Json& args) {
  RunOptions options{.requests = golden_options(args, "")};
  options.bootstrap.draws = args.value("boot", int64_t{0});
  const Json samples = args.value("samples", Json::object());
  for (const auto& [task, ids] : samples.items()) {
    options.samples[task] = ids.get<std::vector<int64_t>>();
  }
  return options;
}

void expect_samples(const RunOutcome& outcome, const Path& results, const std::string& what) {
  std::map<std::string, std::vector<Json>> made;
  for (const TaskOutcome& task : outcome.tasks) {
    made[task.task->name] = lm_eval::sample_lines(task);
  }
  std::map<std::string, size_t> next;
  const std::string name = results.filename().string();
  const Path path = results.parent_path() / (name.substr(0, name.size() - 13) + ".samples.jsonl");
  for_each_json_line(path, [&](int64_t line, const Json& row) {
    const std::string task = row["task"];
    const std::string where = what + ", sample " + std::to_string(line);
    ASSERT_LT(next[task], made[task].size()) << where;
    const Json& sample = made[task][next[task]++];
    for (const char* key : {"doc_id", "filter", "doc_hash", "prompt_hash", "target_hash"}) {
      EXPECT_EQ(sample[key], row[key]) << where << ": " << key;
    }
    for (const auto& [metric, value] : row["metrics"].items()) {
      expect_same(sample[metric], value, where + ": " + metric);
    }
  });
  for (const auto& [task, samples] : made) EXPECT_EQ(next[task], samples.size()) << what;
}

RunOutcome run_with_fake_model(const TaskSelection& selection, const Json& run) {
  return run_tasks(selection, options_of(run["args"]), [](const TaskRequests& task) {
    std::vector<RequestScore> scores;
    for (const Request& request : task.requests) scores.push_back(fake_score(request));
    return ScoredRequests{std::move(scores)};
  });
}

TEST(GoldenRuns, EveryValueOfFrozenTasks) {
  int runs = 0;
  for (const Path& results : golden_results(kFrozen)) {
    const Json run = parse_json(read_file(results), results.string());
    const std::string what = results.stem().stem();
    const std::string name = run["args"]["tasks"][0];
    const std::vector<std::string> words = {(kFrozen / what / (name + ".yaml")).string()};
    const TaskSelection selection = TaskLibrary({}).select(words);
    const RunOutcome outcome = run_with_fake_model(selection, run);
    const Json made = lm_eval::results_json(outcome);
    for (const char* key : {"results", "versions", "n-shot", "n-samples"}) {
      expect_same(made[key], run[key], what + ": " + key);
    }
    EXPECT_EQ(std::ssize(lm_eval::sample_lines(outcome.tasks[0])),
              run["results"][name]["sample_len"]);
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
    const auto words = run["args"]["tasks"].get<std::vector<std::string>>();
    const TaskSelection selection = library.select(words);
    const RunOutcome outcome = run_with_fake_model(selection, run);
    const Json made = lm_eval::results_json(outcome);
    for (const char* key : {"results", "groups", "group_subtasks", "versions", "n-shot",
                            "n-samples", "higher_is_better"}) {
      expect_same(made.value(key, Json()), run.value(key, Json()), what + ": " + key);
    }
    expect_samples(outcome, results, what);
  }
  EXPECT_EQ(runs, 164);
}

}  // namespace
}  // namespace e2lm
