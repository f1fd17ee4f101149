#include "tasks/task.h"

#include <gtest/gtest.h>

#include "tests/support/expect_error.h"
#include "tests/support/scratch.h"
#include "tests/support/task_files.h"

namespace e2lm {
namespace {

class TaskTest : public testing::Test {
 protected:
  // Replaces one line of the YAML and expects the file to be refused with these words.
  template <typename... Parts>
  void expect_refused(int line, const std::string& text, const Parts&... parts) {
    const Path path = TaskFiles().with_line(line, text).write(scratch_);
    expect_error([&] { Task::read(path); }, parts...);
  }

  Scratch scratch_;
};

TEST_F(TaskTest, ReadsKeysAndDefaults) {
  const Task task = Task::read(TaskFiles().write(scratch_));
  EXPECT_EQ(task.name, "colours");
  EXPECT_EQ(task.tags, std::vector<std::string>{"small"});
  EXPECT_EQ(task.test_split, "test");
  EXPECT_EQ(task.target_delimiter, " ");
  EXPECT_EQ(task.fewshot_delimiter, "\n\n");
  EXPECT_EQ(task.metrics.size(), 1u);
  EXPECT_EQ(task.metrics[0].node.line, 14);
}

TEST_F(TaskTest, DefaultMetricsAreThoseOfTheOriginal) {
  TaskFiles files = TaskFiles().with_line(14, "").with_line(13, "");
  const Task task = Task::read(files.write(scratch_));
  EXPECT_TRUE(task.metrics.empty()) << "whoever computes them knows the defaults";
}

TEST_F(TaskTest, AnErrorInATemplateNamesItsPlaceOnce) {
  const Path path =
      TaskFiles().with_line(10, "doc_to_text: \"{{ question|dictsort }}\"").write(scratch_);
  try {
    Task::read(path);
    FAIL() << "no error was thrown";
  } catch (const Error& error) {
    EXPECT_EQ(error.what(),
              path.string() + ":10: doc_to_text:1:13: the filter 'dictsort' is not known");
  }
}

TEST_F(TaskTest, ErrorsNameFileAndLine) {
  expect_refused(10, "doc_to_text: [unclosed", "colours.yaml:1", "YAML");
  expect_refused(11, "doc_to_traget: answer", "colours.yaml:11", "'doc_to_traget' is unknown",
                 "did you mean 'doc_to_target'?");
  expect_refused(1, "", "colours.yaml:1", "'task' is missing");
  expect_refused(9, "output_type: generate_until", "colours.yaml:9", "generate_until");
  expect_refused(9, "", "generate_until");
  expect_refused(3, "", "'dataset_path' is missing");
  expect_refused(5, "  features: x", "colours.yaml:5", "'dataset_kwargs.data_files'");
  expect_refused(5, "  data_dir: 3", "colours.yaml:5", "'dataset_kwargs.data_dir' must be text");
  expect_refused(8, "hf_evaluate: true", "colours.yaml:8", "'hf_evaluate' is unknown");
  expect_refused(6, "", "neither a 'test_split' nor a 'validation_split'");
  expect_refused(8, "fewshot_config: {sampler: random}", "colours.yaml:8", "'random'");
  expect_refused(8, "process_docs: !function utils.clean", "colours.yaml:8", "process_docs");
  expect_refused(10, "doc_to_text: !function utils.text", "colours.yaml:10", "doc_to_text",
                 "Python");
  expect_refused(10, "doc_to_text: {a: b}", "colours.yaml:10", "doc_to_text");
  expect_refused(10, "doc_to_text: \"{{ question\"", "colours.yaml:10", "doc_to_text");
  expect_refused(14, "  - aggregation: mean", "colours.yaml:14", "'metric_list.metric' is missing");
  expect_refused(8, "num_fewshot: -1", "'num_fewshot' must not be negative");
  expect_refused(8, "num_fewshot: many", "colours.yaml:8", "whole number");
}

TEST_F(TaskTest, WrongStepsOfProcessDocsNameTheirLine) {
  const auto refused = [&](const std::string& step, const std::string& part) {
    expect_refused(8, "process_docs: [" + step + "]", "colours.yaml:8", part);
  };
  refused("{sort: a}", "the step 'sort' is unknown");
  refused("sort", "must be a mapping with one key");
  refused("{shuffle: {seed: 1}}", "'shuffle.columns' is missing");
  refused("{shuffle: {columns: []}}", "no column is named here");
  refused("{shuffle: {columns: [a, b], seed: x}}", "whole number");
  refused("{shuffle: {columns: [a, b], sead: 1}}", "'shuffle.sead' is unknown");
  refused("{replace: {in: [a]}}", "'replace.regex' is missing");
  refused("{rename: 3}", "'rename' must map new names to old");
  refused("{filter: [a]}", "this must be a template");
  refused("{map: {a: '{{ b'}}", "process_docs");
}

// datasets 5.2.0 makes them datetime.datetime, which a list shows: [datetime.datetime(2024, 1, 2,
// ..
TEST_F(TaskTest, ListsOfTimesAreRefusedWhereTheyAreNamed) {
  TaskFiles files;
  files.test = R"({"question": "q", "choices": ["a", "b"], "answer": 0, "at": ["2024-01-02"]})"
               "\n";
  const auto read = [&] { Task::read(files.write(scratch_)).read_split("test", true); };
  EXPECT_NO_THROW(read());
  files = files.with_line(10, "doc_to_text: \"On {{at[0]}}\"");
  expect_error(read, "colours.yaml: 'doc_to_text' names the column 'at', which has times within");
  files = files.with_line(10, "doc_to_text: \"{{what.chat}} at_all\"");
  EXPECT_NO_THROW(read());
}

TEST_F(TaskTest, AllProblemsAreReportedAtOnce) {
  TaskFiles files = TaskFiles().with_line(9, "output_type: chat").with_line(7, "fewshot: dev");
  const Path path = files.write(scratch_);
  expect_error([&] { Task::read(path); }, "colours.yaml:9", "colours.yaml:7");
}

}  // namespace
}  // namespace e2lm
