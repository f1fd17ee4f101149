// A file of any format may say a thing twice, but not two things, nor what cannot be.

#include "harness/import/file_agreement.h"

#include <gtest/gtest.h>

#include "harness/import/importer.h"
#include "harness/results/results.h"
#include "tests/support/expect_error.h"
#include "tests/support/result_files.h"
#include "tests/support/scratch.h"

namespace e2lm {
namespace {

class FileAgreementTest : public testing::Test {
 protected:
  void import(const std::string& name, const std::string& text) {
    import_results(std::vector<Path>{scratch_.write(name, text)}, options_, store_);
  }

  // That a table of these columns, all rows of it, is an Error with these parts.
  template <typename... Parts>
  void refused(const std::string& header, const std::string& rows, const Parts&... parts) {
    SCOPED_TRACE(header + " " + rows);
    expect_error([&] { import("x.csv", header + "\n" + rows); }, parts...);
  }

  Scratch scratch_;
  Store store_ = Store::in_memory();
  ImportOptions options_;
};

TEST_F(FileAgreementTest, OfTables) {
  const std::string scores = "series,step,task,value";
  refused(scores, "a,1,t,0.5\na,1,t,0.25\n", "x.csv:3: gives t score of a step 1 the value 0.25",
          "(expected 0.5, as ", "x.csv:2 does)");
  refused(scores, "a,1,t,0.5\na,1,t,nan\n", "x.csv:3", "the value no number");
  refused(scores + ",tokens", "a,1000,t,0.5,5\na,1000,u,0.5,6\n",
          "x.csv:3: gives a step 1000 the tokens 6 (expected 5, as ", "x.csv:2 does)");
  refused(scores + ",chance", "a,1,t,0.5,0.25\na,2,t,0.5,0.5\n",
          "x.csv:3: gives t score the chance level 0.5 (expected 0.25, as ", "x.csv:2 does)");
  refused(scores + ",higher_is_better", "a,1,t,0.5,yes\na,2,t,0.5,\na,3,t,0.5,no\n",
          "x.csv:4: gives t score the higher_is_better false (expected true, as ", "x.csv:2 does)");
  refused(scores + ",stderr", "a,1,t,0.5,0.1\na,1,t,0.5,0.2\n",
          "x.csv:3: gives t score of a step 1 the standard error 0.2 (expected 0.1, as ");
  refused(scores + ",n", "a,1,t,0.5,10\na,1,t,0.5,20\n", "x.csv:3", "the samples 20 (expected 10");
  refused(scores + ",group", "a,1,t,0.5,g\na,2,t,0.5,h\n",
          "x.csv:3: gives series a the group 'h' (expected 'g', as ");
  refused(scores + ",mix", "a,1,t,0.5,web\na,2,t,0.5,science\n", "the mix science (expected web");
  refused(scores + ",control_for", "a,1,t,0.5,b\na,2,t,0.5,c\n", "the control 'c' (expected 'b'");
  refused("series,step,gtokens,t,u", "a,1,5,0.5,\na,1,6,,0.5\n", "x.csv:3",
          "the tokens 6000000000 (expected 5000000000");
  EXPECT_FALSE(has_imports(store_));
}

TEST_F(FileAgreementTest, OfLists) {
  expect_error(
      [&] {
        import("plot.json", R"({"metadata": {}, "data": {"s": {
            "iteration": [1, 1], "tokens": [5, 6], "a": [0.5, 0.5]}}})");
      },
      "plot.json: data.s.tokens[1]: gives s step 1 the tokens 6 (expected 5, as ",
      "data.s.tokens[0] does)");
  expect_error(
      [&] {
        import("agg.json", R"({"checkpoints": [1, 1], "tokens": [5, 6],
                               "results": {"t": {"acc": [0.5, 0.5]}}})");
      },
      "agg.json: tokens[1]: gives agg step 1 the tokens 6 (expected 5, as ");
}

TEST_F(FileAgreementTest, NoStandardErrorIsBelow0) {
  refused("series,step,task,value,stderr", "a,1,t,0.5,-0.1\n",
          "x.csv:2: gives t score of a step 1 the standard error -0.1 (expected 0 or more)");
  refused("series,step,t,t_stderr", "a,1,0.5,-0.1\n", "x.csv:2: t: gives t score of a step 1");
  const Json values = {{"acc,none", 0.5}, {"acc_stderr,none", -0.25}};
  expect_error([&] { import("r.json", lm_eval_results("pretrained=m/step1", "t", values).dump()); },
               "r.json: results.t.acc,none: gives t acc of m step 1 the standard error -0.25");
  const Json old = {{"t", {{"acc", 0.5}, {"acc_stderr", -0.25}}}};
  expect_error([&] { import("o.json", old_lm_eval_results("pretrained=m/step1", old).dump()); },
               "o.json: results.t.acc: gives t acc of m step 1 the standard error -0.25");
  expect_error(
      [&] {
        import("plot.json", R"({"metadata": {}, "data": {"s": {
            "iteration": [1], "a": [0.5], "a_stderr": [-0.25]}}})");
      },
      "plot.json: data.s.a[0]: gives a score of s step 1 the standard error -0.25");
}

TEST_F(FileAgreementTest, SayingAThingTwiceOrOnceIsFine) {
  import("x.csv",
         "series,step,tokens,task,value,stderr,n,chance,higher_is_better,group\n"
         "a,1,5,t,0.5,0.1,10,0.25,no,g\na,1,5.0,t,0.5,0.1,10,0.25,false,g\n"
         "a,1,,t,0.5,,,,,\na,2,6,t,0.25,,,,,\n");
  const TaskCurves curves = load_report(store_).curves.at(0);
  EXPECT_EQ(curves.chance, 0.25);
  EXPECT_FALSE(curves.higher_is_better) << "said of some rows, it is so of all";
  ASSERT_EQ(curves.series.at(0).curve.size(), 2u);
  EXPECT_EQ(curves.series[0].curve[0].tokens, 5);
  EXPECT_EQ(curves.series[0].group, "g");
}

TEST_F(FileAgreementTest, WhatAnOptionSaysInsteadIsNoContradiction) {
  options_.identity.tokens = StepTokens::per_step(7);
  options_.identity.group = "mine";
  options_.identity.map = ImportMap{.chance = {{"t", 0.5}}};
  import("x.csv",
         "series,step,tokens,task,value,chance,group\na,2,5,t,0.5,0.1,g\na,2,6,u,0.5,0.25,h\n"
         "a,3,7,t,0.5,0.2,g\n");
  const TaskCurves curves = load_report(store_).curves.at(0);
  EXPECT_EQ(curves.series.at(0).curve.at(0).tokens, 14);
  EXPECT_EQ(curves.chance, 0.5);
}

}  // namespace
}  // namespace e2lm
