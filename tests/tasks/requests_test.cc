#include "tasks/requests.h"

#include <gtest/gtest.h>

#include "tests/support/expect_error.h"
#include "tests/support/scratch.h"
#include "tests/support/task_files.h"

namespace e2lm {
namespace {

class RequestsTest : public testing::Test {
 protected:
  TaskRequests requests(const TaskFiles& files, const RequestOptions& options = {}) {
    return make_requests(Task::read(files.write(scratch_)), options);
  }

  // One test row more, in line 4 of test.jsonl, which is to be refused with these words.
  template <typename... Parts>
  void expect_row_refused(const std::string& row, const Parts&... parts) {
    TaskFiles files;
    files.test += row + "\n";
    expect_error([&] { requests(files); }, "test.jsonl:4", parts...);
  }

  Scratch scratch_;
};

TEST_F(RequestsTest, AreContextAndDelimitedChoices) {
  const TaskRequests task = requests({});
  ASSERT_EQ(task.requests.size(), 6u);
  EXPECT_EQ(task.requests[0].context, "Question: grass?\nAnswer:");
  EXPECT_EQ(task.requests[0].continuation, " green");
  EXPECT_EQ(task.requests[3].doc_id, 1);
  EXPECT_EQ(task.requests[3].idx, 1);
  EXPECT_EQ(task.items[1].golds[0], 1);
  EXPECT_EQ(task.items[2].choices[1].characters, 11);
  EXPECT_EQ(task.items[2].choices[1].bytes, 12);
}

TEST_F(RequestsTest, FewShotExamplesComeFirstInFileOrder) {
  TaskFiles files;
  files.yaml += "description: \"Colours.\\n\\n\"\nnum_fewshot: 1\n";
  EXPECT_EQ(requests(files).requests[0].context,
            "Colours.\n\nQuestion: sky?\nAnswer: blue\n\nQuestion: grass?\nAnswer:");
  EXPECT_EQ(requests(files, {.num_fewshot = 2}).requests[0].context,
            "Colours.\n\nQuestion: sky?\nAnswer: blue\n\nQuestion: coal?\nAnswer: black\n\n"
            "Question: grass?\nAnswer:");
  EXPECT_EQ(requests(files, {.num_fewshot = 0}).requests[0].context,
            "Colours.\n\nQuestion: grass?\nAnswer:");
  expect_error([&] { requests(files, {.num_fewshot = 3}); }, "3 few-shot", "the 2 that");
}

TEST_F(RequestsTest, ATasksZeroShotsCannotBeRaised) {
  TaskFiles files;
  files.yaml += "num_fewshot: 0\n";
  EXPECT_EQ(requests(files, {.num_fewshot = 2}).requests[0].context, "Question: grass?\nAnswer:");
}

TEST_F(RequestsTest, DelimitersCanBeChanged) {
  TaskFiles files;
  files.yaml += "target_delimiter: \"->\"\nfewshot_delimiter: \" | \"\nnum_fewshot: 1\n";
  const TaskRequests task = requests(files);
  EXPECT_EQ(task.requests[0].context, "Question: sky?\nAnswer:->blue | Question: grass?\nAnswer:");
  EXPECT_EQ(task.requests[1].continuation, "->red");
}

TEST_F(RequestsTest, ExamplesGoWithoutWhatTheirConfigGivesAsNull) {
  TaskFiles files = TaskFiles().with_line(
      8, "gen_prefix: It is\nfewshot_config: {sampler: first_n, gen_prefix: null}");
  files.yaml += "num_fewshot: 1\n";
  EXPECT_EQ(requests(files).requests[0].context,
            "Question: sky?\nAnswer: blue\n\nQuestion: grass?\nAnswer: It is");
  files = TaskFiles().with_line(8, "fewshot_config: {sampler: first_n, split: null}");
  files.yaml += "training_split: test\nnum_fewshot: 1\n";
  EXPECT_EQ(requests(files).requests[2].context,
            "Question: grass?\nAnswer: green\n\nQuestion: blood?\nAnswer:");
}

TEST_F(RequestsTest, KeysOfChoicesThatPythonTakesForTheSameAreOne) {
  const TaskRequests task =
      requests(TaskFiles().with_line(12, "doc_to_choice: {0: a, yes: b, 00: c, 1.0: d, x: e}"));
  ASSERT_EQ(task.requests.size(), 9u);
  EXPECT_EQ(task.requests[0].continuation, " c");
  EXPECT_EQ(task.requests[1].continuation, " d");
  EXPECT_EQ(task.requests[2].continuation, " e");
}

TEST_F(RequestsTest, GoldMayBeANumberDigitsOrTheChoiceItself) {
  TaskFiles files;
  files.test = R"({"question": "a", "choices": ["x", "y"], "answer": "1"})"
               "\n"
               R"({"question": "b", "choices": ["x", "y"], "answer": "y"})"
               "\n";
  const TaskRequests task = requests(files.with_line(11, "doc_to_target: \"{{answer}}\""));
  EXPECT_EQ(task.items[0].golds[0], 1);
  EXPECT_EQ(task.items[1].golds[0], 1);
}

TEST_F(RequestsTest, ChoicesMayBeGivenInTheFileOrByATemplate) {
  TaskFiles files = TaskFiles().with_line(12, "doc_to_choice: [A, B]");
  EXPECT_EQ(requests(files).requests[1].continuation, " B");
  files = TaskFiles().with_line(12, "doc_to_choice: \"{{choices}}\"");
  EXPECT_EQ(requests(files).requests[0].continuation, " green");
}

TEST_F(RequestsTest, LimitIsANumberOrAShare) {
  EXPECT_EQ(requests({}, {.limit = 2}).items.size(), 2u);
  EXPECT_EQ(requests({}, {.limit = 1.0}).items.size(), 1u);
  EXPECT_EQ(requests({}, {.limit = 0.34}).items.size(), 2u) << "rounded up";
  EXPECT_EQ(requests({}, {.limit = 100}).items.size(), 3u);
  EXPECT_EQ(requests({}, {.limit = 1e30}).items.size(), 3u) << "beyond any integer";
}

TEST_F(RequestsTest, SamplesAreDocumentsOfTheSplit) {
  EXPECT_EQ(requests({}, {.samples = {2, 0}}).doc_ids, (std::vector<int32_t>{0, 2}));
  for (const int64_t none : {int64_t{-1}, int64_t{3}, int64_t{99'999'999'999}}) {
    expect_error(
        [&] {
          requests({}, {.samples = {0, none}});
        },
        "task colours", "document " + std::to_string(none), "from 0 to 2");
  }
}

TEST_F(RequestsTest, TheHashFollowsWhateverChangesResults) {
  const std::string plain = requests({}).sha256();
  EXPECT_EQ(requests({}).sha256(), plain);
  EXPECT_NE(requests({}, {.num_fewshot = 1}).sha256(), plain);
  EXPECT_NE(requests({}, {.limit = 2}).sha256(), plain);
  TaskFiles other_gold;
  other_gold.test.replace(other_gold.test.find("\"answer\": 0"), 11, "\"answer\": 1");
  EXPECT_NE(requests(other_gold).sha256(), plain);
  EXPECT_EQ(requests(TaskFiles().with_line(2, "tag: [other]")).sha256(), plain);
}

TEST_F(RequestsTest, RowsThatCannotBeAskedAreNamed) {
  expect_row_refused("{\"question\": ", "JSON");
  expect_row_refused("[1]", "no object");
  expect_row_refused(R"({"choices": ["x", "y"], "answer": 0})", "'question'");
  expect_row_refused(R"({"question": "q", "answer": 0})", "no column 'choices'", "doc_to_choice");
  expect_row_refused(R"({"question": "q", "choices": ["x", "y"]})", "no column 'answer'");
  expect_row_refused(R"({"question": "q", "choices": ["x", "y"], "answer": 2})", "colours",
                     "gold answer is 2", "2 choices");
  expect_row_refused(R"({"question": "q", "choices": ["x", "y"], "answer": -1})", "-1");
  expect_row_refused(R"({"question": "q", "choices": ["x", "y"], "answer": "z"})", "\"z\"");
  expect_row_refused(R"({"question": "q", "choices": ["x", ""], "answer": 0})", "choice 1",
                     "not empty");
  expect_row_refused(R"({"question": "q", "choices": [], "answer": 0})", "a list of texts");
}

// One float makes the whole column floats.
TEST_F(RequestsTest, GoldAnswersAreNoFloats) {
  TaskFiles files;
  files.test += R"({"question": "q", "choices": ["x", "y"], "answer": 1.5})";
  expect_error([&] { requests(files); }, "test.jsonl:1", "gold answer is 0.0");
}

TEST_F(RequestsTest, EmptySplitsAreNamed) {
  TaskFiles files;
  files.test = "\n\n";
  expect_error([&] { requests(files); }, "test.jsonl: has no rows");
}

}  // namespace
}  // namespace e2lm
