#include "scoring/metrics/metric.h"

#include <gtest/gtest.h>

#include <cmath>
#include <set>

#include "tests/support/expect_error.h"

namespace e2lm {
namespace {

Item item(std::vector<int32_t> gold, std::vector<Choice> choices) {
  return {std::move(gold), std::move(choices)};
}

double number(std::string_view metric, const Item& item) {
  return std::get<double>(find_metric(metric)->value(item));
}

// nats, tokens, characters, bytes
const std::vector<Choice> kThree = {{-4, 2, 1, 1}, {-1, 1, 1, 1}, {-1.5, 1, 1, 1}};

TEST(MetricTest, AccuracyTakesTheFirstOfEqualChoices) {
  const std::vector<Choice> tie = {{-2, 1, 4, 4}, {-2, 1, 4, 4}, {-3, 1, 4, 4}};
  EXPECT_EQ(number("acc", item({1}, tie)), 0.0);
  EXPECT_EQ(number("acc", item({0}, tie)), 1.0);
}

TEST(MetricTest, NormalisedAccuraciesDivideByCharactersBytesOrTokens) {
  // By characters -2 loses to -1.75, by bytes -1 wins; by tokens -2 loses to -7/4.
  const Item words = item({1}, {{-6, 3, 3, 6}, {-7, 4, 4, 4}});
  EXPECT_EQ(number("acc", words), 0.0);
  EXPECT_EQ(number("acc_norm", words), 1.0);
  EXPECT_EQ(number("acc_bytes", words), 0.0);
  EXPECT_EQ(number("acc_token", words), 1.0);
}

TEST(MetricTest, ValuesThatAreNoNumberWinAsInNumPy) {
  EXPECT_EQ(number("acc_norm", item({1}, {{-1, 1, 1, 1}, {0, 1, 0, 0}})), 1.0);    // 0 / 0
  EXPECT_EQ(number("acc_norm", item({1}, {{-1, 1, 0, 0}, {-99, 1, 1, 1}})), 1.0);  // -inf loses
}

TEST(MetricTest, MarginsAndBitsOfNoNumberAreNone) {
  const double nan = std::nan("");
  for (const std::vector<double>& nats : std::vector<std::vector<double>>{
           {nan, -1, -2}, {-1, nan, -2}, {-1, -2, nan}, {nan, nan, nan}}) {
    const std::vector<Choice> choices = {
        {nats[0], 1, 1, 1}, {nats[1], 1, 1, 1}, {nats[2], 1, 1, 1}};
    EXPECT_TRUE(std::isnan(number("margin", item({2}, choices))));
    EXPECT_TRUE(std::isnan(number("margin", item({0, 1}, choices))));
    EXPECT_TRUE(std::isnan(number("margin_mean", item({1}, choices))));
    EXPECT_TRUE(std::isnan(number("prob_norm", item({1}, choices))));
    EXPECT_TRUE(std::isnan(number("gold_bpb", item({0, 1, 2}, choices))));
  }
}

TEST(MetricTest, MutualInformationSubtractsWhatIsLikelyAnyway) {
  Item words = item({0}, {{-5, 1, 1, 1}, {-1, 1, 1, 1}});
  expect_error([&] { number("acc_mutual_info", words); }, "acc_mutual_info", "without the context");
  words.choices[0].unconditional_nats = -8;  // 3 nats from the context
  words.choices[1].unconditional_nats = -2;
  EXPECT_EQ(number("acc_mutual_info", words), 1.0);
  EXPECT_EQ(number("acc", words), 0.0);
}

TEST(MetricTest, ExactMatchIsTheGoldChoicesGreedyFlag) {
  Item words = item({0}, {{-5, 1, 1, 1, true}, {-1, 1, 1, 1, false}});
  EXPECT_EQ(number("exact_match", words), 1.0);
  EXPECT_EQ(number("acc", words), 0.0);
  words.gold = {1};
  EXPECT_EQ(number("exact_match", words), 0.0);
}

TEST(MetricTest, AnyOfSeveralGoldChoicesCounts) {
  Item words = item({0, 2}, kThree);
  EXPECT_EQ(number("acc", words), 0.0);
  words.gold = {2, 1};
  EXPECT_EQ(number("acc", words), 1.0);
  words.choices[2].greedy = true;
  EXPECT_EQ(number("exact_match", words), 1.0);
  words.gold = {1, 7};
  EXPECT_EQ(number("exact_match", words), 0.0);
  words.gold = {};
  EXPECT_EQ(number("acc", words), 0.0);
  for (const auto* metric : {"f1", "mcc", "brier_score", "acc_mutual_info", "likelihood"}) {
    for (Choice& choice : words.choices) choice.unconditional_nats = 0;
    words.gold = {0, 1};
    expect_error([&] { find_metric(metric)->value(words); }, metric, "2 gold answers");
  }
}

TEST(MetricTest, GoldOutOfRangeIsWrongAndNegativeGoldCountsFromTheEndWhereTheOriginalIndexes) {
  Item words = item({3}, kThree);
  words.choices.back().greedy = true;
  for (const int32_t gold : {3, kNoGold}) {
    words.gold = {gold};
    EXPECT_EQ(number("acc", words), 0.0) << gold;
    EXPECT_EQ(number("acc_norm", words), 0.0) << gold;
    EXPECT_EQ(number("exact_match", words), 0.0) << gold;
    EXPECT_EQ(number("prob_norm", words), 0.0) << gold;
    const auto pair = std::get<GoldAndPrediction>(find_metric("mcc")->value(words));
    EXPECT_EQ(pair.gold, kNoGold);
    EXPECT_EQ(pair.prediction, 1);
    for (const auto* metric : {"margin", "margin_mean", "gold_bpb"}) {
      expect_error([&] { number(metric, words); }, metric, "none of its choices");
    }
  }
  words.gold = {-1};
  EXPECT_EQ(number("acc", words), 0.0);
  EXPECT_EQ(number("exact_match", words), 1.0);  // the last choice's
  words.gold = {-4};
  expect_error([&] { number("exact_match", words); }, "exact_match", "-4");
}

TEST(MetricTest, MarginsAreInNats) {
  const Item words = item({2}, kThree);
  EXPECT_DOUBLE_EQ(number("margin", words), -0.5);
  EXPECT_DOUBLE_EQ(number("margin_mean", words), 1.0);
  EXPECT_DOUBLE_EQ(number("margin", item({0, 2}, kThree)), -0.5);
  EXPECT_DOUBLE_EQ(number("margin_mean", item({0, 2}, kThree)), -0.5);
  expect_error([] { number("margin", item({0}, {{-1, 1, 1, 1}})); }, "no wrong choice");
}

TEST(MetricTest, ProbabilitiesOfChoicesSumToOne) {
  const double third = std::log(1.0 / 3);
  const Item even =
      item({1}, {{third - 700, 1, 1, 1}, {third - 700, 1, 1, 1}, {third - 700, 1, 1, 1}});
  EXPECT_DOUBLE_EQ(number("prob_norm", even), 1.0 / 3);
  EXPECT_DOUBLE_EQ(number("prob_norm", item({0, 2, 2}, even.choices)), 2.0 / 3);
  const auto value = std::get<GoldAndProbabilities>(find_metric("brier_score")->value(even));
  EXPECT_EQ(value.gold, 1);
  ASSERT_EQ(value.probabilities.size(), 3U);
  EXPECT_DOUBLE_EQ(value.probabilities[2], 1.0 / 3);
}

TEST(MetricTest, BitsPerByteOfTheGoldAnswer) {
  const Item words = item({1}, {{-1, 1, 1, 1}, {-6 * std::log(2), 1, 2, 4}, {-9, 1, 1, 1}});
  EXPECT_DOUBLE_EQ(number("gold_bpb", words), 1.5);
  EXPECT_DOUBLE_EQ(number("gold_bpb", item({1, 2}, words.choices)), 1.5);  // the likelier a byte
}

TEST(MetricTest, LikelihoodKeepsEveryChoice) {
  const auto value = std::get<GoldAndLogprobs>(find_metric("likelihood")->value(item({2}, kThree)));
  EXPECT_EQ(value.gold, 2);
  EXPECT_EQ(value.nats, (std::vector<double>{-4, -1, -1.5}));
}

TEST(MetricTest, LoglikelihoodTasksHaveOneTarget) {
  Item target{.choices = {{-2, 3, 5, 8, true}}, .type = OutputType::loglikelihood};
  EXPECT_EQ(number("acc", target), 1.0);
  EXPECT_EQ(number("perplexity", target), -2.0);
  EXPECT_DOUBLE_EQ(number("gold_bpb", target), 0.25 / std::log(2));
  target.choices[0].greedy = false;
  EXPECT_EQ(number("acc", target), 0.0);
}

TEST(MetricTest, RollingTasksSpreadTheTextOverItsWordsAndBytes) {
  Item text{.choices = {{-30, 9, 50, 55}}, .type = OutputType::loglikelihood_rolling};
  text.choices[0].words = 12;
  for (const auto& [metric, size] :
       {std::pair{"word_perplexity", 12}, {"byte_perplexity", 55}, {"bits_per_byte", 55}}) {
    const auto value = std::get<OverSize>(find_metric(metric)->value(text));
    EXPECT_EQ(value.nats, -30) << metric;
    EXPECT_EQ(value.size, size) << metric;
  }
}

TEST(MetricTest, MeanAndStandardErrorAreTheHarnesss) {
  const std::vector<Choice> two = {{-1, 1, 1, 1}, {-2, 1, 1, 1}};
  const std::vector<Choice> three = {{-1, 1, 1, 1}, {-2, 1, 1, 1}, {-3, 1, 1, 1}};
  const std::vector<Item> items = {item({0}, two), item({0}, two), item({1}, two),
                                   item({0}, three)};
  const Score score = score_items(*find_metric("acc"), items);
  EXPECT_DOUBLE_EQ(score.value, 0.75);
  EXPECT_DOUBLE_EQ(*score.standard_error, std::sqrt(0.25 / 4));  // sample sd 0.5
  EXPECT_EQ(score.items, 4);
  EXPECT_FALSE(score_items(*find_metric("acc"), std::span(items).first(1)).standard_error);
  EXPECT_FALSE(score_items(*find_metric("acc"), items, {.draws = 0}).standard_error);
}

TEST(MetricTest, ChanceIsTheShareOfGoldChoices) {
  const std::vector<Choice> two = {{-1, 1, 1, 1}, {-2, 1, 1, 1}};
  const std::vector<Item> items = {item({0}, two), item({0, 2}, kThree), item({5}, kThree)};
  EXPECT_DOUBLE_EQ(*chance_level(*find_metric("acc_norm"), items), (0.5 + 2.0 / 3) / 3);
  EXPECT_FALSE(chance_level(*find_metric("margin"), items));
  EXPECT_FALSE(chance_level(*find_metric("exact_match"), items));
  const Item target{.choices = {{-2, 3, 5, 8, true}}, .type = OutputType::loglikelihood};
  EXPECT_FALSE(chance_level(*find_metric("acc"), std::span(&target, 1)));
}

TEST(MetricTest, ErrorsNameTheDocument) {
  const std::vector<Item> items = {item({0}, kThree), item({9}, kThree)};
  expect_error([&] { score_items(*find_metric("margin"), items); }, "document 1", "margin");
}

TEST(MetricTest, EveryMetricOfTheRegistryIsComplete) {
  std::set<std::string_view> names;
  for (const Metric& metric : metrics()) {
    EXPECT_TRUE(names.insert(metric.name).second) << metric.name;
    EXPECT_FALSE(metric.what.empty() || metric.types.empty()) << metric.name;
    ASSERT_NE(metric.value, nullptr) << metric.name;
    for (const OutputType type : metric.types) {
      EXPECT_EQ(objection_to(metric.name, type).empty(), metric.name != "likelihood");
      // The kind it names is the kind it gives.
      Item one{.gold = {0}, .choices = kThree, .type = type};
      if (type != OutputType::multiple_choice) one.choices.resize(1);
      for (Choice& choice : one.choices) choice.unconditional_nats = -1;
      EXPECT_EQ(kind_of(metric.value(one)), metric.kind) << metric.name;
    }
  }
  for (const OutputType type : {OutputType::multiple_choice, OutputType::loglikelihood,
                                OutputType::loglikelihood_rolling}) {
    for (const std::string_view metric : default_metrics(type)) {
      EXPECT_EQ(objection_to(metric, type), "") << metric;
    }
  }
}

TEST(MetricTest, WhatATaskCannotReportIsSaidInWords) {
  const auto choice = OutputType::multiple_choice;
  EXPECT_EQ(find_metric("accuracy"), nullptr);
  EXPECT_THAT(objection_to("accuracy", choice), testing::HasSubstr("'accuracy' is unknown"));
  EXPECT_THAT(objection_to("perplexity", choice), testing::HasSubstr("of type multiple_choice"));
  EXPECT_THAT(objection_to("acc_norm", OutputType::loglikelihood),
              testing::HasSubstr("of type loglikelihood"));
  EXPECT_THAT(objection_to("acc", choice, "mode"), testing::HasSubstr("'mode' is unknown"));
  EXPECT_THAT(objection_to("f1", choice, "mean"), testing::HasSubstr("cannot be aggregated"));
  EXPECT_THAT(objection_to("likelihood", choice), testing::HasSubstr("has no aggregation"));
  EXPECT_EQ(objection_to("acc", choice, "median"), "");
}

}  // namespace
}  // namespace e2lm
