#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "reports/item_json.h"
#include "reports/item_table.h"
#include "tests/support/sample_report.h"

namespace e2lm {
namespace {

using testing::HasSubstr;

ItemSummary sample_summary() {
  ItemSummary summary{.task = "kinds",
                      .metric = "acc",
                      .series = 2,
                      .checkpoints = 12,
                      .zero_one = true,
                      .progress = 0.75};
  summary.items = {{.difficulty = 1 / 3.,
                    .early = 0,
                    .late = 1,
                    .discrimination = 0.12345678,
                    .progress = 0.5,
                    .fall_p = 0.9,
                    .fall_q = 1},
                   {.difficulty = 0.25,
                    .early = 1,
                    .late = 0,
                    .discrimination = -0.00001,
                    .progress = -0.9,
                    .fall_p = 1e-7,
                    .fall_q = 4e-7},
                   {.difficulty = 0},
                   {.difficulty = INFINITY, .early = NAN}};
  summary.dead = {2};
  summary.falling = {1};
  summary.suspect_key = {
      {.item = 2,
       .wrong =
           ChoiceVotes::Wrong{.choice = 3, .share = 0.95, .probability = 0.9, .margin_nats = 4}},
      {.item = 1}};
  return summary;
}

TEST(ItemJsonTest, IsRoundedForPages) {
  const Json json = item_json(sample_summary());
  EXPECT_EQ(json["items"], 4);
  EXPECT_EQ(json["difficulty"].dump(), "[0.3333,0.25,0,null]");
  EXPECT_EQ(json["discrimination"].dump(), "[0.1235,0,null,null]");
  EXPECT_EQ(json["dead"].dump(), "[2]");
  EXPECT_EQ(json["falling"][0]["item"], 1);
  EXPECT_EQ(json["falling"][0]["q"], 4e-7) << "rounded it would be none";
  EXPECT_EQ(json["suspect_key"][0]["choice"], 3);
  EXPECT_TRUE(json["suspect_key"][1]["choice"].is_null());
  EXPECT_EQ(json["suspect_key_count"], 2);
}

TEST(ItemJsonTest, LongListsEndAndCountsDoNot) {
  ItemSummary summary = sample_summary();
  summary.items.resize(2000);
  summary.dead.clear();
  for (int64_t i = 0; i < 2000; ++i) summary.dead.push_back(i);
  const Json json = item_json(summary);
  EXPECT_EQ(std::ssize(json["dead"]), kListedItems);
  EXPECT_EQ(json["dead_count"], 2000);
  EXPECT_EQ(full_item_json(summary)["dead"].size(), 2000u);
}

TEST(ItemJsonTest, InFullNothingIsRoundedAndFlagsStandByTheItem) {
  const Json json = full_item_json(sample_summary());
  EXPECT_EQ(json["statistics"][0]["discrimination"], 0.12345678);
  EXPECT_EQ(json["statistics"][2]["flags"].dump(), R"(["dead","suspect key"])");
  EXPECT_EQ(json["statistics"][0]["flags"].dump(), "[]");
  EXPECT_TRUE(json["statistics"][3]["difficulty"].is_null());
}

TEST(ItemJsonTest, StandsInTheReport) {
  Report report = sample_report();
  EXPECT_EQ(report_json(report)["items"].dump(), "[]");
  report.items = {sample_summary()};
  EXPECT_EQ(report_json(report)["items"][0], item_json(sample_summary()));
}

TEST(ItemTableTest, TextShowsFlaggedItemsWithTheirEvidence) {
  const std::string text = item_text(sample_summary());
  for (const char* part :
       {"kinds, acc: 4 items, 12 checkpoints of 2 series",
        "1 dead (0 always right, 1 never right), 1 falling, 2 with a suspect key",
        "choice 3: 95 % of votes, probability 0.90, +4.0 nats over gold", "never right",
        "<0.001"}) {
    EXPECT_THAT(text, HasSubstr(part));
  }
  ItemSummary flat = sample_summary();
  flat.progress.reset();
  EXPECT_THAT(item_text(flat), HasSubstr("does not rise"));
}

TEST(ItemTableTest, CsvHasALineForEachItem) {
  EXPECT_EQ(item_csv(sample_summary()),
            "item,difficulty,early,late,discrimination,progress,fall_p,fall_q,flags\n"
            "0,0.3333333333333333,0,1,0.12345678,0.5,0.9,1,\n"
            "1,0.25,1,0,-1e-05,-0.9,1e-07,4e-07,falling;suspect key\n"
            "2,0,0,0,,,,,dead;suspect key\n"
            "3,inf,nan,0,,,,,\n");
}

// A run of chosen documents has others than 0, 1, 2, ..
TEST(ItemTableTest, ItemsGoByTheirDocumentsNumbers) {
  ItemSummary summary = sample_summary();
  summary.documents = {7, 10, 12, 90};
  const Json page = item_json(summary), full = full_item_json(summary);
  EXPECT_EQ(page["documents"].dump(), "[7,10,12,90]");
  EXPECT_FALSE(item_json(sample_summary()).contains("documents"));
  EXPECT_EQ(full["dead"].dump(), "[12]");
  EXPECT_EQ(full["falling"][0]["item"], 10);
  EXPECT_EQ(full["suspect_key"][0]["item"], 12);
  EXPECT_EQ(full["statistics"][3]["item"], 90);
  EXPECT_THAT(item_csv(summary), HasSubstr("\n90,inf,"));
  EXPECT_THAT(item_text(summary), HasSubstr("\n10    falling"));
}

TEST(ItemTableTest, SelectionShowsBothSides) {
  ItemSelection selection{.documents = {4, 2},
                          .all_train = 0.5,
                          .all_held_out = 0.25,
                          .train_series = {"a"},
                          .held_out_series = {"b"}};
  selection.sizes = {{.items = 2,
                      .train = {0.9, 0.5, Interval{0.4, 0.6}},
                      .held_out = {0.3, 0.25, Interval{0.125, 0.375}}}};
  const std::string text = selection_text(selection, {.count = 2});
  EXPECT_THAT(text, HasSubstr("signal quality of items chosen by a\nheld out: b\n"));
  EXPECT_THAT(text, HasSubstr("0.300  0.250 (0.125 to 0.375)"));
  const Json json = selection_json(selection);
  EXPECT_EQ(json["doc_ids"].dump(), "[4,2]");
  EXPECT_EQ(json["sizes"][0]["held_out"]["random_interval"].dump(), "[0.125,0.375]");
  EXPECT_THAT(text, testing::Not(HasSubstr("–:")));
  selection.sizes[0].train.chosen.reset();
  EXPECT_THAT(selection_text(selection, {.count = 2, .goal = SelectionGoal::signal_to_noise}),
              HasSubstr("no noise to divide by"));
  selection.held_out_series.clear();
  EXPECT_THAT(selection_text(selection, {.count = 2, .hold_out = HoldOut::none}),
              HasSubstr("Nothing was held out"));
  EXPECT_EQ(selection_table(selection).header.size(), 3u);
}

}  // namespace
}  // namespace e2lm
