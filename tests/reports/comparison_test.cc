#include "reports/comparison.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace e2lm {
namespace {

using testing::HasSubstr;

Comparison sample_comparison() {
  std::vector<double> a(40), b(40);
  for (int i = 0; i < 2; ++i) a[i] = 1;
  for (int i = 2; i < 20; ++i) b[i] = 1;
  Comparison comparison{.a = "small@10", .b = "=cmd|'x'!A0", .metric = "acc"};
  comparison.tasks = {{.task = "kinds", .result = compare_pairs(a, b), .adjusted_p = 0.004},
                      {.task = "parts", .result = compare_pairs(b, a), .adjusted_p = 0.05},
                      {.task = "same", .result = compare_pairs(a, a), .adjusted_p = 1},
                      {.task = "one", .result = compare_pairs(std::vector{1.}, std::vector{0.})},
                      {.task = "nearly", .result = compare_pairs(a, b), .adjusted_p = 0.051}};
  comparison.left_out = {"texts: has no acc"};
  return comparison;
}

TEST(ComparisonTest, VerdictsAreWords) {
  Comparison comparison = sample_comparison();
  const auto verdicts = [&] {
    std::vector<std::string> words;
    for (const auto& task : comparison.tasks) words.push_back(verdict(comparison, task));
    return words;
  };
  EXPECT_EQ(verdicts(),
            (std::vector<std::string>{"B better", "A better", "same on every item",
                                      "one item tells nothing", "no difference shown"}));
  comparison.higher_is_better = false;
  EXPECT_EQ(verdicts()[0], "A better");
  EXPECT_EQ(verdicts()[1], "B better");
  comparison.tasks[0].turned = true;
  EXPECT_EQ(verdicts()[0], "B better");
  EXPECT_THAT(comparison_text(comparison),
              HasSubstr("\nkinds: higher is better, as the task says\n"));
  EXPECT_EQ(comparison_json(comparison)["tasks"][0]["higher_is_better"], true);
}

TEST(ComparisonTest, TextSaysWhatIsCompared) {
  const std::string text = comparison_text(sample_comparison());
  for (const char* part : {"A: small@10", "metric: acc (higher is better)", "95 % interval",
                           "p (McNemar)", "+0.400", "left out: texts: has no acc", "seed 1234"}) {
    EXPECT_THAT(text, HasSubstr(part));
  }
  EXPECT_THAT(comparison_markdown(sample_comparison()),
              HasSubstr("| kinds | 40 | 0.050 | 0.450 |"));
}

TEST(ComparisonTest, McNemarsColumnIsForRightsAndWrongsOnly) {
  Comparison comparison{.a = "a", .b = "b", .metric = "margin"};
  comparison.tasks = {
      {"t", false, compare_pairs(std::vector{0.5, 2., 1.}, std::vector{1., 1.5, 4.}), 0.5}};
  EXPECT_THAT(comparison_text(comparison), HasSubstr("p (bootstrap)  p (t)  adjusted p"));
  EXPECT_THAT(comparison_text(sample_comparison()),
              HasSubstr("p (bootstrap)  p (McNemar)  adjusted p"));
  const Json task = comparison_json(comparison)["tasks"][0];
  EXPECT_TRUE(task["p_mcnemar"].is_null());
  EXPECT_TRUE(task["only_a"].is_null());
  EXPECT_TRUE(task["p_bootstrap"].is_number());
}

TEST(ComparisonTest, JsonAndCsvSayEverything) {
  const Json json = comparison_json(sample_comparison());
  EXPECT_EQ(json["b"], "=cmd|'x'!A0");
  EXPECT_EQ(json["tasks"].size(), 5u);
  EXPECT_EQ(json["tasks"][0]["only_b"], 18);
  EXPECT_EQ(json["tasks"][0]["interval"].size(), 2u);
  EXPECT_TRUE(json["tasks"][3]["interval"].is_null());
  EXPECT_EQ(json["tasks"][0]["p_adjusted"], 0.004);
  const std::string csv = comparison_csv(sample_comparison());
  EXPECT_EQ(std::count(csv.begin(), csv.end(), '\n'), 6);
  EXPECT_THAT(csv, testing::StartsWith("task,items,a,b,interval_a_low,interval_a_high,"));
  EXPECT_THAT(csv, HasSubstr("\none,1,1.0,0.0,"));
}

}  // namespace
}  // namespace e2lm
