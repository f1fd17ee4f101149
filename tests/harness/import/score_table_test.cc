// Tables of scores in both forms, and what is no such table.

#include <gtest/gtest.h>

#include "harness/import/readers.h"
#include "tests/harness/import/read_known.h"
#include "tests/support/expect_error.h"
#include "tests/support/scratch.h"

namespace e2lm {
namespace {

class ScoreTableTest : public testing::Test {
 protected:
  ImportedFile read(const std::string& text) const {
    return read_known(scratch_.write("t.csv", text));
  }

  void refused(const std::string& text, const std::string& what) const {
    SCOPED_TRACE(text);
    expect_error([&] { read(text); }, "t.csv", what);
  }

  Scratch scratch_;
};

TEST_F(ScoreTableTest, LongTable) {
  const ImportedFile file = read(
      "Model,Training Step,tokens_seen,benchmark,metric,value,stderr,n_samples,chance\n"
      "a,10,1e9,\"one, quoted\",acc,0.5,0.1,100,0.25\n"
      "a,10,1e9,two,,nan,,,\n"
      "b,10,,two,acc,1,,,\n");
  EXPECT_EQ(file.format, "table of scores");
  ASSERT_EQ(file.checkpoints.size(), 2u);
  EXPECT_EQ(file.checkpoints[0].origin.series, "a");
  EXPECT_EQ(file.checkpoints[0].origin.step, 10);
  EXPECT_EQ(file.checkpoints[0].origin.tokens, 1e9);
  const ImportedScore& one = score(file, 0, "one, quoted", "acc");
  EXPECT_EQ(one.value, 0.5);
  EXPECT_EQ(one.standard_error, 0.1);
  EXPECT_EQ(one.samples, 100);
  EXPECT_EQ(one.chance, 0.25);
  EXPECT_EQ(score(file, 0, "two", "score").instead, "nan");
  EXPECT_EQ(file.checkpoints[1].origin.tokens, std::nullopt);
}

TEST_F(ScoreTableTest, WideTable) {
  const ImportedFile file = read(
      "run;iteration;gtokens;sciq;sciq_stderr;piqa:acc_norm\n"
      "a;1;0.5;0.3;0.01;0.2\n"
      "a;2;1;0.4;;\n");
  ASSERT_EQ(file.checkpoints.size(), 2u);
  EXPECT_EQ(file.checkpoints[0].origin.tokens, 5e8);
  EXPECT_EQ(score(file, 0, "sciq", "score").standard_error, 0.01);
  EXPECT_EQ(score(file, 0, "piqa", "acc_norm").value, 0.2);
  EXPECT_EQ(file.checkpoints[1].scores.size(), 1u) << "an empty cell is a task that was not run";
}

TEST_F(ScoreTableTest, WhatAWideRowSaysHoldsForAllItsTasks) {
  const ImportedFile file = read(
      "step,metric,higher_is_better,chance,n,sciq,piqa:acc,sciq_se,arc\n"
      "1,acc,no,0.25,100,0.3,0.2,0.01,\n"
      "1,acc_norm,,,,0.4,,,\n");
  ASSERT_EQ(file.checkpoints.size(), 1u);
  EXPECT_EQ(file.checkpoints[0].scores.size(), 3u);
  for (const char* task : {"sciq", "piqa"}) {
    const ImportedScore& one = score(file, 0, task, "acc");
    EXPECT_EQ(one.higher_is_better, false);
    EXPECT_EQ(one.chance, 0.25);
    EXPECT_EQ(one.samples, 100);
  }
  EXPECT_EQ(score(file, 0, "sciq", "acc").standard_error, 0.01);
  EXPECT_EQ(score(file, 0, "sciq", "acc_norm").chance, std::nullopt);
  const ImportedFile one_task = read("step,stderr,sciq\n1,0.01,0.3\n");
  EXPECT_EQ(score(one_task, 0, "sciq", "score").standard_error, 0.01) << "it can be of no other";
}

TEST_F(ScoreTableTest, WhatAWideRowCannotMeanIsAnError) {
  refused("step,mmlu,Score\n1,0.3,0.5\n",
          ":1: the column 'Score' stands beside columns of tasks ('mmlu') (expected 'task' and");
  refused("step,task,a,b,c,d\n1,t,1,1,1,1\n",
          "the column 'task' stands beside columns of tasks ('a', 'b', 'c', ..)");
  refused(
      "step,a,b,se\n1,1,1,0.1\n",
      "'se' cannot be the error of several tasks ('a', 'b') (expected columns like 'a_stderr')");
  refused("step,a,a_stderr,se\n1,1,1,0.1\n", "'se' and 'a_stderr' are both the error of 'a'");
  refused("step,a,a_stderr,a_se\n1,1,1,0.1\n", "'a_se' and 'a_stderr' are both the error of 'a'");
  refused("step,a,b_stderr\n1,1,1\n",
          "the column 'b_stderr' is the error of no column (expected a column 'b')");
  refused("step,a,b:acc,Chance Level\n1,1,1,0.5\n",
          ":2: Chance Level: cannot be meant for different metrics (acc, score)");
  refused("step,a:ppl,b:acc,higher_is_better\n1,1,,no\n1,1,1,no\n", ":3: higher_is_better: cannot");
  refused("step,a,chance\n1,1,x\n", ":2: chance: 'x' is no number");
  refused("step,a,higher_is_better\n1,1,up\n", ":2: higher_is_better: 'up' is neither");
  EXPECT_FALSE(read_result_file(scratch_.write("o.csv", "a_se,a_stderr,value\n1,1,1\n")));
}

TEST_F(ScoreTableTest, WordsForTrueAndFalse) {
  const auto better = [&](const std::string& word) {
    return read("step,task,value,higher_is_better\n1,a,0.5," + word + "\n")
        .checkpoints[0]
        .scores[0]
        .higher_is_better;
  };
  for (const char* word : {"true", "TRUE", "Yes", "y", "T", "1", "1.0", " yes "}) {
    EXPECT_EQ(better(word), true) << word;
  }
  for (const char* word : {"false", "False", "NO", "n", "f", "0", "0.0"}) {
    EXPECT_EQ(better(word), false) << word;
  }
  EXPECT_EQ(better(""), std::nullopt);
  for (const std::string word : {"up", "higher", "maybe", "2", "-1", "nan"}) {
    expect_error([&] { better(word); }, "t.csv:2: higher_is_better: '" + word + "' is neither",
                 "(expected true, yes, 1, false, no, 0, or nothing");
  }
}

TEST_F(ScoreTableTest, DamagedTablesAreErrors) {
  refused("step,task,value\n1,a\n", ":2: has 2 columns (expected 3");
  refused("step,task,value\n1,a,0,5\n", ":2: has 4 columns");
  refused("step,task,value\nx,a,1\n", ":2: step: 'x' is no number");
  refused("step,task,value\n1.5,a,1\n", "step: '1.5' is no whole number");
  refused("step,task,value\n-1,a,1\n", "step: '-1' is no whole number");
  refused("step,task,value\n,a,1\n", "step: '' is no step");
  refused("step,task,value\n1,,1\n", "task: is empty");
  refused("step,task,value\n1,a,12%\n", "value: '12%' is no number");
  refused("step,tokens,task,value\n1,-5,a,1\n", "tokens: is below 0");
  refused("step,iteration,task,value\n1,1,a,1\n", "'step' and 'iteration' are both the step");
  refused("step,tokens,btokens,task,value\n1,5,5,a,1\n",
          ":1: the columns 'tokens' and 'btokens' are both the tokens (expected one of them)");
  refused("step,btokens,task,value\n1,-5,a,1\n", "tokens: is below 0");
  refused("step,a,a\n1,1,1\n", "two columns are 'a'");
  refused("step,task,value\n1,\"a,1\n", ":2");
  refused("step,task,value\n1,\xFF,1\n", "UTF-8");
  refused("some words\nand more\n", "no known format");
  refused(" \n\n", "is empty");
}

}  // namespace
}  // namespace e2lm
