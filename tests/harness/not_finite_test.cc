// Numbers that JSON has not, in data and in answers: a run's files have them as
// lm-evaluation-harness writes them, and are read again.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "harness/import/readers.h"
#include "harness/lm_eval/results.h"
#include "harness/lm_eval/sample_reader.h"
#include "tasks/template/template.h"
#include "tests/support/golden_run_files.h"
#include "tests/support/scratch.h"

namespace e2lm {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinity = std::numeric_limits<double>::infinity();

class NotFiniteTest : public testing::Test {
 protected:
  NotFiniteTest() {
    scratch_.write(
        "rows.jsonl",
        "{\"text\": \"two words\", \"x\": NaN}\n{\"text\": \"more\", \"x\": -Infinity}\n");
    write_task("rolling", "output_type: loglikelihood_rolling\ndoc_to_target: '{{text}}'\n");
    write_task("choices",
               "output_type: multiple_choice\ndoc_to_target: 0\ndoc_to_choice: [a, b]\n");
  }

  void write_task(const std::string& name, const std::string& keys) const {
    scratch_.write(name + ".yaml",
                   "task: " + name + "\ndataset_path: json\ntest_split: test\n" +
                       "dataset_kwargs: {data_files: {test: rows.jsonl}}\ndoc_to_text: ''\n" +
                       keys);
  }

  // Runs a task with the same answer to every request, and keeps its files.
  void run(const std::string& task, double nats) {
    const InFolder here(scratch_.folder());
    const TaskLibrary library({scratch_.folder()});
    const TaskSelection selection = library.select(std::vector<std::string>{task});
    RunOptions options;
    options.bootstrap.draws = 0;
    const RunOutcome outcome = run_tasks(selection, options, [&](const TaskRequests& requests) {
      return ScoredRequests{
          std::vector<RequestScore>(requests.requests.size(), {.nats = nats, .tokens = 1})};
    });
    const std::string time = "2026-01-31T12-00-00.000000";
    samples_ = lm_eval::sample_lines(outcome.tasks[0]);
    std::string lines;
    for (const Json& line : samples_) lines += python_json(line) + "\n";
    sample_file_ = scratch_.write("samples_" + task + "_" + time + ".jsonl", lines);
    const Json results = lm_eval::results_json(outcome);
    table_ = lm_eval::results_table(results);
    result_file_ = scratch_.write("results_" + time + ".json", python_json(results, 2));
  }

  const Scratch scratch_;
  std::vector<Json> samples_;
  std::string table_;
  Path sample_file_, result_file_;
};

// Expected hashes are SHA-256 of Python's json.dumps(row, indent=2).
TEST_F(NotFiniteTest, RowsOfDataAreWrittenAndHashedAsByPython) {
  run("choices", -1);
  EXPECT_THAT(read_file(sample_file_), AllOf(HasSubstr(R"({"text": "two words", "x": NaN})"),
                                             HasSubstr(R"({"text": "more", "x": -Infinity})")));
  EXPECT_EQ(samples_[0]["doc_hash"],
            "0a7143391fee3f6e3e5ab8137a222c1b35f399d2007f29855a168a5fc8c0fc2b");
  EXPECT_EQ(samples_[1]["doc_hash"],
            "8add947d64fd3048cc78e2f512e1d020239a15b8fa43498534e8d122c27b0bd1");
  EXPECT_EQ(lm_eval::read_samples(sample_file_).items()[1].choices[1].logprob_nats, -1);
}

TEST_F(NotFiniteTest, AResultIsReadAsNoNumber) {
  run("rolling", -kInfinity);
  EXPECT_THAT(read_file(result_file_), HasSubstr("\"word_perplexity,none\": Infinity"));
  const auto results = read_result_file(result_file_);
  ASSERT_TRUE(results);
  EXPECT_EQ(results->checkpoints[0].scores[0].metric, "word_perplexity");
  EXPECT_EQ(results->checkpoints[0].scores[0].value, std::nullopt);
  EXPECT_EQ(results->checkpoints[0].scores[0].instead, "Infinity");
  EXPECT_EQ(lm_eval::read_samples(sample_file_).samples[0].scores[0].nats, -kInfinity);
}

TEST_F(NotFiniteTest, AnswersThatAreNaNAreReadAgain) {
  for (const double nan : {kNan, -kNan}) {
    run("rolling", nan);
    EXPECT_THAT(table_, AllOf(HasSubstr(" nan|"), Not(HasSubstr("-nan"))));
    EXPECT_THAT(read_file(result_file_), HasSubstr("\"word_perplexity,none\": NaN"));
    EXPECT_TRUE(std::isnan(lm_eval::read_samples(sample_file_).samples[0].scores[0].nats));
  }
  run("choices", kNan);
  Json line = samples_[0];
  EXPECT_EQ(line["acc"], 1.0) << "NumPy takes the first NaN for the greatest number";
  EXPECT_TRUE(std::isnan(lm_eval::read_samples(sample_file_).items()[0].choices[1].logprob_nats));
}

// Old files of the original have answers and metrics as bare words; where the gold answer is to be
// found out, NaN wins as it does in NumPy.
TEST_F(NotFiniteTest, BareWordsOfTheOriginal) {
  const Path file = scratch_.write("s.jsonl", R"({"doc_id": 0, "doc": {"x": NaN}, "target": "?",
"arguments": [["one", " so"], ["two", " so"]], "resps": [[[-Infinity, false]], [[NaN, false]]],
"acc": 1.0, "brier": NaN})");
  std::string text = read_file(file);
  std::replace(text.begin(), text.end(), '\n', ' ');
  write_file(file, text);
  const lm_eval::SampleFile samples = lm_eval::read_samples(file);
  EXPECT_EQ(samples.samples[0].scores[0].nats, -kInfinity);
  EXPECT_TRUE(std::isnan(samples.samples[0].scores[1].nats));
  EXPECT_EQ(samples.samples[0].shape.golds, std::vector<int32_t>{1});
  EXPECT_FALSE(samples.samples[0].recorded.contains("brier"));
}

}  // namespace
}  // namespace e2lm
