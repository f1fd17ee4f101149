#include "harness/hub/dataset_card.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/expect_error.h"

namespace e2lm {
namespace {

using testing::ElementsAre;

std::vector<DatasetConfig> configs(const std::string& header) {
  return read_configs("---\nlicense: mit\n" + header + "---\n# Sums\n", "README.md");
}

TEST(DatasetCardTest, AHeaderListsConfigurations) {
  const auto found = configs(
      "configs:\n"
      "- config_name: easy\n"
      "  data_files:\n"
      "  - split: train\n"
      "    path: [easy/a*.csv, easy/b.csv]\n"
      "  - split: test\n"
      "    path: easy/test.csv\n"
      "  default: true\n"
      "  sep: \"\\t\"\n"
      "- config_name: 2024\n"
      "  data_dir: hard\n"
      "- config_name: one\n"
      "  data_files: all.csv\n"
      "- config_name: list\n"
      "  data_files: [a.csv, b.csv]\n");
  ASSERT_EQ(found.size(), 4u);
  EXPECT_EQ(found[0].name, "easy");
  EXPECT_TRUE(found[0].is_default);
  ASSERT_EQ(found[0].data_files.size(), 2u);
  EXPECT_EQ(found[0].data_files[0].split, "train");
  EXPECT_THAT(found[0].data_files[0].patterns, ElementsAre("easy/a*.csv", "easy/b.csv"));
  EXPECT_THAT(found[0].data_files[1].patterns, ElementsAre("easy/test.csv"));
  EXPECT_EQ(found[0].reading, (Json{{"sep", "\t"}}));
  EXPECT_EQ(found[1].name, "2024");
  EXPECT_EQ(found[1].data_dir, "hard");
  EXPECT_TRUE(found[1].data_files.empty());
  EXPECT_EQ(found[2].data_files[0].split, "train");
  EXPECT_THAT(found[3].data_files[0].patterns, ElementsAre("a.csv", "b.csv"));
}

TEST(DatasetCardTest, WhatIsNoHeaderListsNone) {
  EXPECT_TRUE(read_configs("", "README.md").empty());
  EXPECT_TRUE(read_configs("# Sums\n\n---\nconfigs: []\n---\n", "README.md").empty());
  EXPECT_TRUE(read_configs("---\nconfigs:\n- no end", "README.md").empty());
  EXPECT_TRUE(configs("").empty());
  EXPECT_TRUE(configs("configs:\n").empty());
  EXPECT_TRUE(read_configs("---\r\nconfigs:\r\n- config_name: a\r\n---\r\n", "README.md").size() ==
              1u);
  EXPECT_EQ(read_configs("\n---\nconfigs:\n- config_name: a\n---\n", "README.md").size(), 1u);
}

TEST(DatasetCardTest, DamageIsToldWithItsLine) {
  expect_error([&] { configs("configs: yes\n"); }, "README.md:3", "'configs' must be a list");
  expect_error([&] { configs("configs:\n- data_files: a.csv\n"); }, "README.md:4",
               "without 'config_name'");
  expect_error([&] { configs("configs:\n- config_name: a\n  data_files:\n  - split: test\n"); },
               "'data_files' cannot be {\"split\":\"test\"}");
  expect_error([&] { configs("configs:\n- config_name: a\n  data_files: 7\n"); }, "cannot be 7");
  expect_error(
      [&] {
        configs(
            "configs:\n- config_name: a\n  data_files:\n  - {split: t, path: a}\n"
            "  - {split: t, path: b}\n");
      },
      "lists the split 't' twice");
  expect_error([&] { configs("configs: [\n"); }, "README.md");
}

TEST(DatasetCardTest, ChoosesAConfiguration) {
  const auto two = configs("configs:\n- config_name: a\n- config_name: b\n");
  EXPECT_EQ(choose_config(two, "b", "org/sums").name, "b");
  expect_error([&] { choose_config(two, "", "org/sums"); }, "org/sums", "the task names none",
               "dataset_name: a, b");
  expect_error([&] { choose_config(two, "c", "org/sums"); }, "has no configuration 'c'");
  EXPECT_EQ(choose_config(configs("configs:\n- config_name: only\n"), "", "").name, "only");
  EXPECT_EQ(
      choose_config(configs("configs:\n- config_name: a\n- config_name: default\n"), "", "").name,
      "default");
  EXPECT_EQ(choose_config(
                configs("configs:\n- config_name: a\n- {config_name: b, default: true}\n"), "", "")
                .name,
            "b");
  expect_error(
      [&] {
        choose_config(configs("configs:\n- config_name: default\n"
                              "- {config_name: b, default: true}\n"),
                      "", "");
      },
      "two defaults");
}

TEST(DatasetCardTest, DataFilesOfATask) {
  EXPECT_EQ(read_data_files("a.csv", "")[0].split, "train");
  const auto splits = read_data_files({{"test", "t.csv"}, {"train", {"a.csv", "b.csv"}}}, "");
  ASSERT_EQ(splits.size(), 2u);
  EXPECT_EQ(splits[0].split, "test");
  EXPECT_THAT(splits[1].patterns, ElementsAre("a.csv", "b.csv"));
  expect_error([&] { read_data_files(3, "task"); }, "task");
  expect_error([&] { read_data_files({{"test", 3}}, "task"); }, "task");
}

}  // namespace
}  // namespace e2lm
