#include "harness/results/answers.h"

#include <gtest/gtest.h>

#include <cmath>

#include "tests/support/expect_error.h"

namespace e2lm {
namespace {

Item item(std::vector<double> nats, int32_t gold) {
  Item result{.gold = {gold}};
  for (const double value : nats) {
    result.choices.push_back({.logprob_nats = value, .characters = 1, .bytes = 1});
  }
  return result;
}

TaskAnswers kinds() {
  return {.task = "kinds",
          .doc_ids = {0, 1, 2},
          .doc_hashes = {"h0", "h1", "h2"},
          .items = {item({-1, -2}, 0), item({-1, -2}, 1), item({-1, -2}, 0)}};
}

const Metric& acc() {
  return *find_metric("acc");
}

Comparison compare(const TaskAnswers& a, const TaskAnswers& b) {
  return compare_answers({"A-model", {a}, {}}, {"B-model", {b}, {}}, acc(), {});
}

TEST(AnswersTest, DocumentsAreMatchedByNumber) {
  const TaskAnswers a = kinds();
  TaskAnswers b{.task = "kinds",
                .doc_ids = {2, 0, 1},
                .items = {item({-3, -2}, 0), item({-1, -2}, 0), item({-1, -2}, 1)}};
  const Comparison comparison = compare(a, b);
  ASSERT_EQ(comparison.tasks.size(), 1u);
  EXPECT_EQ(comparison.a, "A-model");
  EXPECT_EQ(comparison.tasks[0].result.mcnemar->only_a, 1);
  EXPECT_EQ(comparison.tasks[0].result.mcnemar->only_b, 0) << "only document 2 differs";
}

TEST(AnswersTest, OtherDocumentsAreRefused) {
  const auto refused = [](const TaskAnswers& b, const char* why) {
    expect_error([&] { compare(kinds(), b); }, "kinds", "is not the same task", why);
    expect_error([&] { compare(b, kinds()); }, "is not the same task");
  };
  TaskAnswers b = kinds();
  b.doc_ids[2] = 3;
  refused(b, "document 2 is only in A");
  b = kinds();
  b.doc_ids.push_back(3);
  b.doc_hashes.push_back("h3");
  b.items.push_back(item({-1, -2}, 0));
  refused(b, "document 3 is only in B");
  b = kinds();
  b.doc_hashes[1] = "other";
  refused(b, "document 1 has another doc_hash");
  b = kinds();
  b.items[0].gold = {1};
  refused(b, "document 0 has another answer");
  b = kinds();
  b.items[0].choices.pop_back();
  refused(b, "document 0 has another number of choices");
}

TEST(AnswersTest, WhatCannotBeComparedIsListed) {
  TaskAnswers texts{.task = "texts", .doc_ids = {0}, .items = {item({-5}, 0)}};
  texts.items[0].type = OutputType::loglikelihood_rolling;
  TaskAnswers lone = kinds();
  lone.task = "lone";
  TaskAnswers late = kinds();
  late.task = "late";
  const Answers a{"a", {kinds(), texts, lone, late}, {}}, b{"b", {kinds(), texts}, {"late"}};
  const Comparison comparison = compare_answers(a, b, acc(), {});
  EXPECT_EQ(comparison.left_out,
            (std::vector<std::string>{"texts: has no acc", "lone: only A has it",
                                      "late: B has no result"}));
  EXPECT_EQ(compare_answers(b, a, acc(), {}).left_out[1], "lone: only B has it");
  EXPECT_EQ(compare_answers(b, a, acc(), {}).left_out[2], "late: A has no result");
  EXPECT_TRUE(compare_answers(a, b, acc(), {.tasks = {"k*"}}).tasks.size() == 1);
  expect_error([&] { compare_answers(a, b, acc(), {.tasks = {"lone"}}); }, "--tasks", "'lone'");
  expect_error(
      [&] {
        compare_answers({"a", {texts}, {}}, {"b", {texts}, {}}, acc(), {});
      },
      "a and b", "no task to compare", "texts: has no acc");
  expect_error([&] { compare_answers({"a", {}, {}}, {"b", {}, {}}, acc(), {}); }, "no task");
}

TEST(AnswersTest, ValuesThatAreMissingAreSentences) {
  TaskAnswers infinite = kinds();
  infinite.items[1].choices[1].logprob_nats = -INFINITY;
  const Answers a{"a", {kinds()}, {}}, b{"b", {infinite}, {}};
  expect_error([&] { compare_answers(a, b, *find_metric("margin"), {}); }, "b, kinds",
               "margin of document 1 is not finite");
  expect_error([&] { compare_answers(a, a, *find_metric("acc_mutual_info"), {}); }, "a, kinds",
               "document 0", "without the context are missing");
  TaskAnswers short_of = kinds();
  short_of.lengths = false;
  expect_error(
      [&] {
        compare_answers(a, {"b", {short_of}, {}}, *find_metric("acc_norm"), {});
      },
      "no task to compare", "lengths");
}

TEST(AnswersTest, PValuesAreAdjustedOverTheTasks) {
  Answers a{"a", {}, {}}, b{"b", {}, {}};
  for (int t = 0; t < 4; ++t) {
    TaskAnswers wrong{.task = "t" + std::to_string(t)}, right = wrong;
    for (int i = 0; i < 6; ++i) {
      for (TaskAnswers* task : {&wrong, &right}) task->doc_ids.push_back(i);
      const bool same = t > 0 && i > 0;
      wrong.items.push_back(item({same ? -1. : -3., -2}, 0));
      right.items.push_back(item({-1, -2}, 0));
    }
    a.tasks.push_back(wrong);
    b.tasks.push_back(right);
  }
  const Comparison comparison = compare_answers(a, b, acc(), {});
  EXPECT_DOUBLE_EQ(*comparison.tasks[0].result.p(), 0.03125) << "six to nothing";
  EXPECT_DOUBLE_EQ(*comparison.tasks[0].adjusted_p, 0.125);
  EXPECT_DOUBLE_EQ(*comparison.tasks[1].adjusted_p, 1);
}

}  // namespace
}  // namespace e2lm
